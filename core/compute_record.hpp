// The result record of a computation: one call of a layer's part on one device. One line of JSON in
// the same files as core/record.hpp's. Format: docs/formats.md.
#pragma once

#include "core/layer_work.hpp"
#include "core/origin.hpp"
#include "core/units.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

struct ComputeRecord {
  Origin origin;

  std::string workload;  // "llama3-8b"
  double scale = 1;      // share of the workload's parameters that ran
  std::uint64_t tensor_parallel = 1;
  std::uint64_t tokens = 0;  // before scaling
  LayerWork work;
  ComputeType type = ComputeType::kFloat32;
  std::string backend;  // "host", "cuda"

  std::vector<double> samples_us;  // of one call, in order
  int calls_per_sample = 1;        // that each sample is the mean of
  int buffer_sets = 1;  // that the calls take in turn, so that none finds its data cached
  StopReason stopped_by = StopReason::kPrecise;
  std::uint64_t checked_elements = 0;  // of results, over all samples
  std::uint64_t wrong_elements = 0;    // of those
  std::vector<std::string> warnings;

  [[nodiscard]] bool valid() const { return wrong_elements == 0 && !samples_us.empty(); }
};

/// Of the median; TFLOP/s for products, 0 otherwise, and without samples.
double teraflops(const ComputeRecord& record);
/// bytes() over the median.
BytesPerSecond memory_rate(const ComputeRecord& record);

inline constexpr std::string_view kComputeSchema = "fabricast.compute/1";

nlohmann::json to_json(const ComputeRecord& record);
/// Throws Error naming `where` (file:line) and the key that is missing, unknown or of the wrong
/// kind.
ComputeRecord compute_record_from_json(const nlohmann::json& object, const std::string& where);

/// One line, newline included.
void write_jsonl(std::ostream& out, const ComputeRecord& record);

}  // namespace fabricast
