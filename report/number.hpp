// Numbers as people read them: few digits, the unit chosen per value. Files use core's plain units.
#pragma once

#include "core/units.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fabricast {

/// Stands where there is no number.
inline constexpr std::string_view kNoNumber = "–";

/// `digits` significant digits, but never fewer than the whole number has: 0.01234, 12.34, 1234,
/// 123456. kNoNumber for what is not finite.
std::string format_number(double value, int digits = 4);

/// Two numbers with the precision of the larger: "12.10–12.95".
std::string format_range(double low, double high, int digits = 4);

/// "12.3 µs", "4.56 ms", "1.23 s".
std::string format_time(Seconds time, int digits = 3);

/// Both ends in the unit of the upper one: "31.2–88.0 ms".
std::string format_time_range(Seconds low, Seconds high, int digits = 3);

/// 100000 -> "100,000".
std::string format_count(std::uint64_t count);

/// 0.613 -> "61 %", 0.0613 -> "6.1 %".
std::string format_percent(double fraction);

}  // namespace fabricast
