// The bands of message sizes that errors are reported by.
#pragma once

#include "core/units.hpp"

#include <array>
#include <string_view>

namespace fabricast {

enum class SizeBand { kSmall, kMiddle, kLarge };

struct SizeBandInfo {
  SizeBand id;
  std::string_view name;
};
inline constexpr std::array kSizeBands{
    SizeBandInfo{SizeBand::kSmall,  "<= 64 KiB"      },
    SizeBandInfo{SizeBand::kMiddle, "64 KiB - 16 MiB"},
    SizeBandInfo{SizeBand::kLarge,  "> 16 MiB"       },
};

constexpr SizeBand size_band(Bytes message) {
  using namespace literals;
  return message <= 64_KiB   ? SizeBand::kSmall
         : message <= 16_MiB ? SizeBand::kMiddle
                             : SizeBand::kLarge;
}
constexpr std::string_view name(SizeBand band) {
  return kSizeBands[static_cast<std::size_t>(band)].name;
}

}  // namespace fabricast
