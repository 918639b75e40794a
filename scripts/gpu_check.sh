#!/usr/bin/env bash
# Builds for the GPUs of this machine, tests and measures on them, and keeps what it found.
#
#   scripts/gpu_check.sh [BUILD]
#
# BUILD is a folder built elsewhere (preset cuda-archs), for machines that lack the libraries of the
# host build; CMAKE_PREFIX_PATH may name a folder that has them. Needs CUDA and NCCL, MPI may be
# missing; uses no network and installs nothing. Takes at
# most 8 minutes: each step has a time limit, and one that fails does not stop the others. Records
# and logs go to results/<machine>/<date>-<versions>-*; the verdicts come last. Exit code 1 when a
# step failed, 77 where there is no GPU to check.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

if ! command -v nvcc >/dev/null && [ -x /usr/local/cuda/bin/nvcc ]; then
  PATH=$PATH:/usr/local/cuda/bin
fi
if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L >/dev/null 2>&1; then
  echo "gpu_check: skipped, nvidia-smi shows no GPU"
  exit 77
fi
if [ $# = 0 ] && ! command -v nvcc >/dev/null; then
  echo "gpu_check: nvcc is missing: put the CUDA toolkit's bin folder on PATH" >&2
  exit 2
fi

word() { tr -cs '[:alnum:].\n' '-' | tr '[:upper:]' '[:lower:]' | sed 's/^-*//; s/-*$//'; }

gpus=$(nvidia-smi --query-gpu=name --format=csv,noheader | wc -l)
gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1 | word)
driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1 | word)
cuda=$(nvcc --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\),.*/\1/p')
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)

folder=results/${gpus}x-$gpu
stem=$folder/$(date -u +%Y-%m-%d-%H%M%S)-cuda$cuda-driver$driver-$commit
mkdir -p "$folder"

end=$((SECONDS + 470))
build=${1:-build/cuda}
verdicts=()
failed=0

# step NAME SECONDS COMMAND...: its output goes to a log, its verdict into the table.
step() {
  local name=$1 limit=$2 log=$stem-$1.log began=$SECONDS status verdict
  shift 2
  local left=$((end - SECONDS))
  if [ "$left" -lt "$limit" ]; then
    limit=$left
  fi
  if [ "$limit" -lt 5 ]; then
    verdicts+=("$name|not run|no time left")
    failed=1
    return 1
  fi
  echo "== $name (at most $limit s): $log"
  if [ "$(type -t "$1")" = function ]; then
    timeout --kill-after=5 "$limit" bash -c "$(declare -p program stem); $(declare -f "$1"); $1" >"$log" 2>&1
  else
    timeout --kill-after=5 "$limit" "$@" >"$log" 2>&1
  fi
  status=$?
  case $status in
    0) verdict=ok ;;
    77) verdict=skipped ;;
    124 | 137) verdict="time is up" failed=1 ;;
    *) verdict="failed ($status)" failed=1 ;;
  esac
  verdicts+=("$name|$verdict|$((SECONDS - began)) s, $(tail -n 1 "$log" | cut -c 1-90)")
  [ "$status" = 0 ]
}

program=$build/cli/fabricast

# NCCL's settings on one GPU, each alone: results are checked, times are those of one rank.
settings() {
  local options status worst=0
  for options in --graph "--buffers nccl" "--buffers registered" "--buffers symmetric" \
    "--buffers symmetric --cta-policy zero" "--buffers registered --graph" --non-blocking \
    "--in-place yes" "--op mulsum --collective all_reduce" "--issue group"; do
    echo "-- $options"
    # shellcheck disable=SC2086  # several words
    "$program" measure --backend nccl --gpus 1 --bytes 8,1M --time-cap 0.1 --budget 3 --format csv \
      $options -o "$stem-settings.jsonl"
    status=$?
    if [ "$status" = 2 ]; then
      echo "not on this machine: $options"
    elif [ "$status" != 0 ]; then
      worst=$status
    fi
  done
  return "$worst"
}

# Two ranks of NCCL on one GPU, in one process since 2.30, else in two under mpirun.
virtual_ranks() {
  local launch=()
  if command -v mpirun >/dev/null; then
    launch=(mpirun --oversubscribe --bind-to none -np 2)
  fi
  "${launch[@]}" "$program" measure --backend nccl --ranks-per-gpu 2 --bytes 8,64K,1M \
    --time-cap 0.2 --budget 15 -o "$stem-virtual.jsonl" || return
  "${launch[@]}" "$program" measure --backend nccl --ranks-per-gpu 2 --pattern ddp,fsdp,tp,pp \
    --scale 1/1000 --time-cap 0.3 --budget 15 -o "$stem-virtual.jsonl"
}

if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_CUDA_COMPILER_LAUNCHER=ccache
fi
if [ $# -gt 0 ]; then  # the paths in its list of tests may be those of another machine
  step tests 60 "$build/tests/kernels/kernels_gpu_test"
  step nccl_tests 60 "$build/tests/bench/nccl_collectives_test"
else
  # What needs no GPU is not built; ctest -L gpu asks for nothing else.
  step configure 30 cmake --preset cuda
  step build 200 cmake --build --preset cuda --parallel "$(nproc)" \
    --target fabricast kernels_gpu_test nccl_collectives_test kernels_benchmark
  step tests 90 ctest --test-dir "$build" -L gpu --output-on-failure --no-tests=error --timeout 60
fi
step doctor 15 "$program" doctor
step nccl 40 "$program" measure --backend nccl --gpus 1 -d all --bytes 8,64K,16M,256M \
  --time-cap 0.3 --budget 30 -o "$stem-nccl.jsonl"
step settings 50 settings
step virtual 40 virtual_ranks
step onchip 60 "$program" measure --backend onchip --ranks 8 --bytes 1K,64K,1M,64M \
  --time-cap 0.3 --budget 45 -o "$stem-onchip.jsonl"
step compute 75 "$program" measure --compute --backend cuda --workload all --tp 8 \
  -d bfloat16,float8_e4m3 --time-cap 0.2 --budget 40 -o "$stem-compute.jsonl"
step benchmark 75 "$build/tests/benchmarks/kernels_benchmark" --benchmark_min_time=0.1 \
  --benchmark_out="$stem-benchmark.json" --benchmark_out_format=json

echo
echo "$gpus x $gpu, driver $driver, CUDA $cuda, commit $commit; records and logs: $stem-*"
printf '%-10s %-14s %s\n' step verdict "time, last line of its log"
for row in "${verdicts[@]}"; do
  IFS='|' read -r name verdict rest <<<"$row"
  printf '%-10s %-14s %s\n' "$name" "$verdict" "$rest"
done
exit "$failed"
