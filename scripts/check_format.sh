#!/usr/bin/env bash
# Fails when a C++ or CUDA file is not formatted as .clang-format says. --fix formats instead.
set -euo pipefail
cd "$(dirname "$0")/.."

# Version 14 is the reference: later ones break some lines elsewhere.
tool=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$tool" ]; then
  echo "check_format: skipped, no clang-format"
  exit 0
fi
version=$("$tool" --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" != 14 ]; then
  echo "check_format: skipped, clang-format $version is not the reference version 14"
  exit 0
fi
mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' '*.cu')
# One file per call: version 14 crashes on some lists of files that it formats well one by one.
if [ "${1:-}" = --fix ]; then
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 "$tool" -i
else
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 "$tool" --dry-run --Werror
  echo "check_format: ${#files[@]} files are formatted"
fi
