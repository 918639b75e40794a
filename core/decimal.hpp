// Numbers in decimal digits, with a point whatever the locale says.
#pragma once

#include <optional>
#include <string_view>

namespace fabricast {

/// The number that all of `text` spells, as in "1.5e+06"; nothing for any other text.
std::optional<double> parse_decimal(std::string_view text);

/// The number that `value` is when written with so many significant digits (1 to 17). What is not
/// finite stays as it is.
double rounded(double value, int digits);

}  // namespace fabricast
