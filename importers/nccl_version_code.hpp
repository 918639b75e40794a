// NCCL's version as one integer.
#pragma once

#include <fmt/format.h>

#include <string>

namespace fabricast {

/// NCCL_VERSION_CODE: 22809 is 2.28.9, and before 2.9 2708 is 2.7.8. "" for what is none.
inline std::string nccl_version_of_code(int code) {
  const int major_unit = code < 10000 ? 1000 : 10000;
  return code < 2000
             ? ""
             : fmt::format("{}.{}.{}", code / major_unit, code % major_unit / 100, code % 100);
}

}  // namespace fabricast
