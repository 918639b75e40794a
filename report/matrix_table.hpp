// What NCCL's algorithms and protocols take, one beside the other, and what NCCL chooses.
#pragma once

#include "report/record_group.hpp"
#include "report/table.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace fabricast {

/// "ring/ll" where the settings of the record's environment allow this cell alone, else "library".
std::string cell_label(const Record& record);

/// A row per size, a column per cell in the order of the records: medians in microseconds, the best
/// of each size with a star. Then what NCCL chose by itself, and how much longer that took than the
/// best. Rows with wrong elements count for nothing.
Table matrix_table(const RecordGroup& group);

/// All groups with their headings.
void write_matrix_tables(std::ostream& out,
                         const std::vector<Record>& records,
                         std::size_t width = kTerminalWidth);

}  // namespace fabricast
