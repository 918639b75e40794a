// NCCL's version numbers, and ranges of them.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace fabricast {

struct NcclVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;

  friend auto operator<=>(const NcclVersion&, const NcclVersion&) = default;
};

/// "2.28.9", "2.21.5+cuda12.4", "2.28.9-1"; "2.28" is later than every 2.28.x. Throws Error naming
/// `where` for anything else.
NcclVersion parse_nccl_version(std::string_view text, const std::string& where);
std::string to_string(NcclVersion version);

/// Both included.
struct NcclVersionRange {
  NcclVersion first;
  NcclVersion last;

  [[nodiscard]] bool contains(NcclVersion v) const { return first <= v && v <= last; }
};
/// "2.28.9" or "2.30.3-2.30.7".
std::string to_string(NcclVersionRange range);

}  // namespace fabricast
