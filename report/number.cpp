#include "report/number.hpp"

#include "core/decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace fabricast {

namespace {

constexpr double kLargestPlain = 1e9;
constexpr double kSmallestPlain = 1e-4;

struct TimeUnit {
  std::string_view name;
  double seconds;
};
constexpr std::array kTimeUnits{
    TimeUnit{"s",   1   },
    TimeUnit{"ms",  1e-3},
    TimeUnit{"µs", 1e-6}
};

// From the rounded value, so that 9.9996 becomes 10.00 and not 10.000.
int decimals(double value, int digits) {
  const double size = std::abs(rounded(value, std::max(digits, 1)));
  return size > 0 ? std::max(0, digits - 1 - static_cast<int>(std::floor(std::log10(size)))) : 0;
}

bool is_plain(double value) {
  const double size = std::abs(value);
  return size == 0 || (size >= kSmallestPlain && size < kLargestPlain);
}

const TimeUnit& unit_of(Seconds time, int digits) {
  for (const auto& unit : kTimeUnits) {
    if (std::abs(rounded(time.si() / unit.seconds, std::max(digits, 1))) >= 1) {
      return unit;
    }
  }
  return kTimeUnits.back();
}

}  // namespace

std::string format_number(double value, int digits) {
  if (!std::isfinite(value)) {
    return std::string(kNoNumber);
  }
  if (!is_plain(value)) {
    return fmt::format("{:.{}e}", value, digits - 1);
  }
  return fmt::format("{:.{}f}", value, decimals(value, digits));
}

std::string format_range(double low, double high, int digits) {
  if (!std::isfinite(low) || !std::isfinite(high) || !is_plain(high)) {
    return fmt::format("{}–{}", format_number(low, digits), format_number(high, digits));
  }
  return fmt::format("{:.{}f}–{:.{}f}", low, decimals(high, digits), high, decimals(high, digits));
}

std::string format_time(Seconds time, int digits) {
  if (!std::isfinite(time.si())) {
    return std::string(kNoNumber);
  }
  const TimeUnit& unit = unit_of(time, digits);
  return fmt::format("{} {}", format_number(time.si() / unit.seconds, digits), unit.name);
}

std::string format_time_range(Seconds low, Seconds high, int digits) {
  if (!std::isfinite(low.si()) || !std::isfinite(high.si())) {
    return std::string(kNoNumber);
  }
  const TimeUnit& unit = unit_of(high, digits);
  return fmt::format(
      "{} {}", format_range(low.si() / unit.seconds, high.si() / unit.seconds, digits), unit.name);
}

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t left = text.size(); left > 3; left -= 3) {
    text.insert(left - 3, ",");
  }
  return text;
}

std::string format_percent(double fraction) {
  return std::isfinite(fraction) ? format_number(fraction * 100, 2) + " %" : std::string(kNoNumber);
}

}  // namespace fabricast
