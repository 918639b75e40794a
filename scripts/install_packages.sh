#!/usr/bin/env bash
# Installs the Debian / Ubuntu packages that a build needs and this machine lacks.
#
#   scripts/install_packages.sh [--print] [--tests]
#
# --print  only says what would be installed     --tests  what the tests need as well
# Asks apt as root, or through sudo. Installs nothing that is there already.
set -euo pipefail

build=(g++ cmake ninja-build git ca-certificates
  libopenmpi-dev openmpi-bin          # host collectives, bootstrap between hosts
  libbenchmark-dev                    # drives the measurements
  libcli11-dev libfmt-dev             # command line, text
  nlohmann-json3-dev                  # records and forecasts
  libtomlplusplus-dev                 # cluster files
  libeigen3-dev)                      # fits, software float16 and bfloat16
tests=(libgtest-dev clang-format)

only_print=0
wanted=("${build[@]}")
for argument in "$@"; do
  case $argument in
    --print) only_print=1 ;;
    --tests) wanted+=("${tests[@]}") ;;
    *) echo "usage: scripts/install_packages.sh [--print] [--tests]" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "install_packages: this system has no apt; install by its own means: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install_packages: everything is there"
  exit 0
fi
echo "install_packages: apt-get install ${missing[*]}"
[ "$only_print" = 1 ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install_packages: not root and no sudo; ask an administrator for: ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
# Only what is named and what it depends on: recommended packages would double the download.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  "${missing[@]}" >/dev/null
