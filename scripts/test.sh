#!/usr/bin/env bash
# Installs what is missing, then builds and runs every test that this machine can run.
#
#   scripts/test.sh [--fast]
#
# --fast  the host tests only, without the sanitizer build and the device compilation
set -euo pipefail
cd "$(dirname "$0")/.."

fast=0
for argument in "$@"; do
  case $argument in
    --fast) fast=1 ;;
    *) echo "usage: scripts/test.sh [--fast]" >&2; exit 2 ;;
  esac
done

step() { echo; echo "== $*"; }

build() {  # build PRESET [targets...]
  local preset=$1
  shift
  cmake --preset "$preset" -DFABRICAST_TESTS=ON >"build-$preset.log" 2>&1 || { tail -n 30 "build-$preset.log"; return 1; }
  grep -E -- '-- (MPI|CUDA)' "build-$preset.log" || true
  cmake --build --preset "$preset" ${@:+--target "$@"} >>"build-$preset.log" 2>&1 ||
    { grep -E 'error|FAILED' "build-$preset.log" | head -n 40; return 1; }
}

step "packages"
scripts/install_packages.sh --tests

step "formatting"
scripts/check_format.sh

step "host build"
build host

if [ "$fast" = 0 ]; then
  step "sanitizer build: readers and fuzzers"
  build asan sanitized_tests
  ctest --preset asan -L sanitized -j "$(nproc)"

  step "device compilation"
  if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
    PATH=$PATH:/usr/local/cuda/bin build cuda-archs fabricast
  else
    echo "skipped: no nvcc on this machine"
  fi
fi

# Last, so that its summary closes the output.
step "host tests"
ctest --preset host
