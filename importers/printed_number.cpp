#include "importers/printed_number.hpp"

#include <charconv>
#include <cmath>

namespace fabricast {

namespace {

// The exponent that is written: 6 in "1e+06", 0 without one.
int written_exponent(std::string_view text) {
  const auto e = text.find_first_of("eE");
  if (e == std::string_view::npos) {
    return 0;
  }
  std::string_view digits = text.substr(e + 1);
  if (!digits.empty() && digits.front() == '+') {
    digits.remove_prefix(1);
  }
  int exponent = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  return exponent;
}

int decimals(std::string_view text) {
  const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
  const auto point = mantissa.find('.');
  return point == std::string_view::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
}

}  // namespace

std::optional<PrintedNumber> read_number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [next, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || next != end) {
    return std::nullopt;
  }
  return PrintedNumber{value, 0.5 * std::pow(10.0, written_exponent(text) - decimals(text))};
}

}  // namespace fabricast
