// Where a number comes from and how sure it is.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace fabricast {

/// Strongest first. A result is never better than its weakest dominant input.
enum class Provenance { kMeasured, kPublished, kDatasheet, kDerived, kClaim, kAssumed };

struct ProvenanceInfo {
  Provenance id;
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array kProvenances{
    ProvenanceInfo{Provenance::kMeasured,  "measured",  "measured by fabricast on this machine"               },
    ProvenanceInfo{
                   Provenance::kPublished, "published", "a measurement that somebody else published"          },
    ProvenanceInfo{Provenance::kDatasheet, "datasheet", "a vendor's specification"                            },
    ProvenanceInfo{Provenance::kDerived,   "derived",   "arithmetic on other values"                          },
    ProvenanceInfo{
                   Provenance::kClaim,     "claim",     "a vendor's or the press's statement without a method"},
    ProvenanceInfo{Provenance::kAssumed,   "assumed",   "chosen by us; no source"                             },
};

constexpr std::string_view name(Provenance p) {
  return kProvenances[static_cast<std::size_t>(p)].name;
}

constexpr std::optional<Provenance> find_provenance(std::string_view name) {
  for (const auto& row : kProvenances) {
    if (row.name == name) {
      return row.id;
    }
  }
  return std::nullopt;
}

/// A number with its range and its origin. lo <= value <= hi bound 90 % of what we would not be
/// surprised to find; lo == hi == value is a definition. Unit is a Measure, or double for a ratio.
template <typename Unit>
struct Quantity {
  Unit value{};
  Unit lo{};
  Unit hi{};
  Provenance provenance = Provenance::kAssumed;
  std::string source;  // URL, file or sentence; never empty in a shipped file
};

}  // namespace fabricast
