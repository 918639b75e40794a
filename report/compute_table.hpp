// Measured computations of a layer as tables, and what a layer takes altogether.
#pragma once

#include "core/compute_record.hpp"
#include "report/table.hpp"

#include <iosfwd>
#include <vector>

namespace fabricast {

/// Medians of one layer of one GPU, each part as often as the layer has it; logits are not in it.
struct LayerTime {
  Seconds products;
  double product_flops = 0;
  Seconds moved;  // norms, sums, activations
  Seconds update;
};
LayerTime layer_time(const std::vector<const ComputeRecord*>& records);

/// A heading and a table per workload, scale, tensor parallelism, type and backend, the time of a
/// layer below each; at the end what a reader must know of a row.
void write_compute_tables(std::ostream& out,
                          const std::vector<ComputeRecord>& records,
                          std::size_t width = kTerminalWidth);

/// One row per record, times in microseconds.
void write_csv(std::ostream& out, const std::vector<ComputeRecord>& records);

}  // namespace fabricast
