// Measured training patterns as tables: what communication costs beside computation.
#pragma once

#include "core/training_record.hpp"
#include "report/table.hpp"

#include <iosfwd>
#include <vector>

namespace fabricast {

/// A heading and a table per workload, scale, type and number of ranks; below, what the columns
/// mean, and what a reader must know of a row.
void write_training_tables(std::ostream& out,
                           const std::vector<TrainingRecord>& records,
                           std::size_t width = kTerminalWidth);

/// One row per record, times in microseconds.
void write_csv(std::ostream& out, const std::vector<TrainingRecord>& records);

}  // namespace fabricast
