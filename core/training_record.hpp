// The result record of a training pattern: communication and computation alone and beside each
// other. One line of JSON in the same files as core/record.hpp's. Format: docs/formats.md.
#pragma once

#include "core/datatype.hpp"
#include "core/origin.hpp"
#include "core/units.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

struct TrainingRecord {
  Origin origin;

  std::string pattern;   // "ddp", a row of bench/patterns/pattern_table.hpp
  std::string workload;  // "llama3-8b"
  double scale = 1;      // share of the workload's parameters that ran
  std::string settings;  // the pattern's own, in words: "tp 2, pp 2, dp 1"
  std::string backend;   // "mpi"
  DataType type = DataType::kFloat32;
  std::uint64_t tokens = 0;      // of a rank in a step, before scaling
  std::uint64_t parameters = 0;  // of the whole model, after scaling
  std::uint64_t transfers = 0;   // collectives and messages of the busiest rank in one step
  std::uint64_t bytes = 0;       // that this rank hands over in one step
  double flops = 0;              // of its matrix products in one step
  int ranks = 0;
  int ranks_per_node = 0;
  bool oversubscribed = false;

  // One number per iteration: the slowest rank's time.
  std::vector<double> total_us;          // communication beside computation
  std::vector<double> communication_us;  // alone
  std::vector<double> compute_us;        // alone
  // Of the iterations of total_us: time in matrix products, time with a transfer under way.
  std::vector<double> compute_beside_us;
  std::vector<double> communication_beside_us;
  StopReason stopped_by = StopReason::kPrecise;  // of total_us
  std::uint64_t wrong_elements = 0;
  std::vector<std::string> warnings;

  [[nodiscard]] bool valid() const { return wrong_elements == 0 && !total_us.empty(); }
};

/// What the medians of a record say.
struct Overlap {
  Seconds total;
  Seconds communication;
  Seconds compute;
  Seconds exposed;              // what communication adds to the computation alone; never negative
  Seconds hidden;               // what of the communication alone it does not add; never negative
  double compute_slowdown = 1;  // beside communication, over alone; 1 where there is none
  double communication_slowdown = 1;
};
Overlap overlap(const TrainingRecord& record);

inline constexpr std::string_view kTrainingSchema = "fabricast.training_pattern/1";

nlohmann::json to_json(const TrainingRecord& record);
/// Throws Error naming `where` (file:line) and the key that is missing, unknown or of the wrong
/// kind.
TrainingRecord training_record_from_json(const nlohmann::json& json, const std::string& where);

/// One line, newline included.
void write_jsonl(std::ostream& out, const TrainingRecord& record);

}  // namespace fabricast
