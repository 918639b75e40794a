#!/usr/bin/env bash
# From a fresh clone to a forecast: installs what is missing, builds, measures this machine.
#
#   scripts/quickstart.sh [--print] [--quick] [arguments of `fabricast run`]
#
# --print  only says what would be installed, built and run
# Builds for the GPUs of this machine where nvcc and nccl.h are found, else for the host.
set -euo pipefail
cd "$(dirname "$0")/.."

only_print=0
run=()
for argument in "$@"; do
  case $argument in
    --print) only_print=1 ;;
    --help|-h) sed -n '2,8p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
    *) run+=("$argument") ;;
  esac
done

# The CUDA toolkit is often installed beside PATH.
if ! command -v nvcc >/dev/null && [ -x /usr/local/cuda/bin/nvcc ]; then
  PATH=/usr/local/cuda/bin:$PATH
fi

has_gpu() { [ -e /dev/nvidiactl ]; }
preset=host
if has_gpu && command -v nvcc >/dev/null; then
  preset=cuda
elif has_gpu; then
  echo "quickstart: there is a GPU but no nvcc; building for the host (install the CUDA toolkit for NCCL)"
fi

if [ "$only_print" = 1 ]; then
  scripts/install_packages.sh --print
  echo "quickstart: cmake --preset $preset -DFABRICAST_TESTS=OFF"
  echo "quickstart: cmake --build --preset $preset --target fabricast"
  echo "quickstart: build/$preset/cli/fabricast run ${run[*]}"
  exit 0
fi

scripts/install_packages.sh
echo "quickstart: building (preset $preset)"
cmake --preset "$preset" -DFABRICAST_TESTS=OFF >build.log 2>&1 || { tail -n 20 build.log >&2; exit 2; }
cmake --build --preset "$preset" --target fabricast >>build.log 2>&1 || { tail -n 40 build.log >&2; exit 2; }
exec "build/$preset/cli/fabricast" run "${run[@]}"
