#include "core/decimal.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <system_error>

namespace fabricast {

std::optional<double> parse_decimal(std::string_view text) {
  const char* end = text.data() + text.size();
  double value = 0;
  const auto [next, status] = std::from_chars(text.data(), end, value);
  return status == std::errc() && next == end ? std::optional(value) : std::nullopt;
}

double rounded(double value, int digits) {
  assert(digits >= 1 && digits <= 17);
  if (!std::isfinite(value)) {
    return value;
  }
  std::array<char, 32> text{};  // a sign, 17 digits, a point and an exponent of three digits
  const char* end =
      std::to_chars(
          text.data(), text.data() + text.size(), value, std::chars_format::scientific, digits - 1)
          .ptr;
  return parse_decimal({text.data(), static_cast<std::size_t>(end - text.data())}).value();
}

}  // namespace fabricast
