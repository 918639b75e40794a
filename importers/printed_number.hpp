// A number as a log prints it, and how much its rounding hides.
#pragma once

#include <optional>
#include <string_view>

namespace fabricast {

/// The number that was printed lies within value +- rounding.
struct PrintedNumber {
  double value = 0;
  double rounding = 0;

  [[nodiscard]] double low() const { return value - rounding; }
  [[nodiscard]] double high() const { return value + rounding; }
};

/// "1405.25" is 1405.25 +- 0.005, "1e+06" is 1e6 +- 5e5, "nan" and "inf" are read too. Nothing for
/// what is not a number as a whole.
std::optional<PrintedNumber> read_number(std::string_view text);

}  // namespace fabricast
