// Measured records as tables: medians with their intervals, never a modelled number.
#pragma once

#include "report/record_group.hpp"
#include "report/table.hpp"

#include <iosfwd>
#include <vector>

namespace fabricast {

/// One row per record. What a reader must know about a row (warnings, wrong elements, an interval
/// that is only a range) becomes a footnote.
Table measurement_table(const RecordGroup& group, Footnotes& footnotes);

/// All groups with their headings, and the footnotes once below.
void write_measurement_tables(std::ostream& out,
                              const std::vector<Record>& records,
                              std::size_t width = kTerminalWidth);

}  // namespace fabricast
