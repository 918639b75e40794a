// Made-up records and forecasts for the tests of report/.
#pragma once

#include "report/html.hpp"

#include <string>
#include <vector>

namespace fabricast::test {

/// Nine samples around `median_us`, reproducible, on 4 ranks of one node.
Record record_of(Collective collective,
                 const std::string& algorithm,
                 std::uint64_t bytes,
                 double median_us);

/// all_reduce with two algorithms over four sizes, one row of one rank, one row with a warning, one
/// with wrong elements, one with too few samples, one with none.
std::vector<Record> sample_records();

/// all_reduce on 100,000 ranks at three sizes, with terms, drivers and notes.
Forecast sample_forecast();

/// A full page of the two above, with fits, ladder, provenance and checks.
HtmlReport sample_report();

/// Text that breaks out of HTML, attributes, SVG, CSV and terminals if it is not treated.
extern const std::string kHostile;

/// The sample report with kHostile in every string field.
HtmlReport hostile_report();

/// Lines of a text, and the width of its widest one in terminal columns.
std::size_t widest_line(const std::string& text);

}  // namespace fabricast::test
