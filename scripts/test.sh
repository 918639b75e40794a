#!/usr/bin/env bash
# Installs what is missing, then builds and runs every test that this machine can run.
#
#   scripts/test.sh [--fast]
#
# --fast  the host build alone, without sanitizers and device code
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
  local sanitized=ON
  if [ "$preset" != asan ]; then
    sanitized=$twice
  fi
  cmake --preset "$preset" -DFABRICAST_TESTS=ON -DFABRICAST_SANITIZED_TESTS="$sanitized" \
    -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" >"build-$preset.log" 2>&1 || { tail -n 30 "build-$preset.log"; return 1; }
  grep -E -- '-- (MPI|CUDA)' "build-$preset.log" || true
  cmake --build --preset "$preset" ${@:+--target "$@"} >>"build-$preset.log" 2>&1 ||
    { grep -E 'error|FAILED' "build-$preset.log" | head -n 40; return 1; }
}

step "packages"
scripts/install_packages.sh --tests

step "formatting"
scripts/check_format.sh

# With the CUDA toolkit the device code is compiled (no GPU is needed) and its host tests run too.
preset=host
if ! command -v nvcc >/dev/null && [ -x /usr/local/cuda/bin/nvcc ]; then
  PATH=$PATH:/usr/local/cuda/bin
fi
if [ "$fast" = 0 ] && command -v nvcc >/dev/null; then
  preset=cuda-archs
fi

# What reads from outside is tested under sanitizers alone: building it twice would take minutes more.
twice=ON
if [ "$fast" = 0 ]; then
  twice=OFF
fi

step "build, preset $preset"
build "$preset"

if [ "$fast" = 0 ]; then
  step "build, preset asan: what reads from outside, under AddressSanitizer and UBSan"
  build asan sanitized_tests
  ctest --preset asan -L sanitized -j "$(nproc)" --progress | tail -n 30
fi

# Last, so that its summary closes the output.
step "tests, preset $preset"
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(nproc)"
