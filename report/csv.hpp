// Records and forecasts as CSV (RFC 4180, lines ended by \n): one column = one unit in the header.
#pragma once

#include "core/record.hpp"
#include "model/forecast.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// A field, in quotes where it holds a comma, a quote or a line break.
std::string csv_field(std::string_view text);

/// One row per record: summaries, not samples (those are in the .jsonl). Empty where there is no
/// number.
void write_csv(std::ostream& out, const std::vector<Record>& records);

/// One row per forecast and message size.
void write_csv(std::ostream& out, const std::vector<Forecast>& forecasts);

}  // namespace fabricast
