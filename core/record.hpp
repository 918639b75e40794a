// The result record: one measured case, self-sufficient, one line of JSON. Format: docs/formats.md.
#pragma once

#include "core/chosen.hpp"
#include "core/collective.hpp"
#include "core/compute_record.hpp"
#include "core/datatype.hpp"
#include "core/gpu_state.hpp"
#include "core/origin.hpp"
#include "core/provenance.hpp"
#include "core/reduce_op.hpp"
#include "core/statistics.hpp"
#include "core/training_record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

struct Record {
  Origin origin;

  Collective collective = Collective::kAllReduce;
  std::string backend;           // "mpi", "host" (our algorithms over point-to-point), "nccl"
  std::string algorithm;         // "ring"...: asked for; "library": it was left to the library
  std::optional<Chosen> chosen;  // what NCCL ran; nothing where it did not tell
  DataType type = DataType::kFloat32;
  ReduceOp op = ReduceOp::kSum;  // of collectives that reduce
  std::uint64_t count = 0;       // elements as passed to the collective
  std::uint64_t bytes = 0;       // message size, nccl-tests convention
  int ranks = 0;
  int ranks_per_node = 0;
  bool oversubscribed = false;  // more ranks than processors on some host

  bool in_place = false;  // the result overwrote the input
  /// What the user asked of the library beyond its defaults: "graph" -> "on". Such rows are
  /// measurements of those settings and not of the library's own choice.
  std::map<std::string, std::string> settings;
  /// Times before the samples, of the slowest rank: "init" and "split" of the communicator, the
  /// "first_call" of this case.
  std::map<std::string, double> setup_us;

  std::vector<double> samples_us;  // one per iteration: the slowest rank's time, in order
  /// The same iterations by the GPU's clock: from the start of a rank's work in its stream to its
  /// end, the slowest rank's. Empty where there is none.
  std::vector<double> device_samples_us;
  /// Calls that each sample is the mean of: 1 for what this program measures, the iterations of a
  /// row of nccl-tests; 0 where the file does not say.
  int calls_per_sample = 1;
  StopReason stopped_by = StopReason::kPrecise;
  GpuState gpu_state;                  // right after the last sample
  std::vector<double> rank_median_us;  // each rank's own median; the largest is the slowest rank
  std::uint64_t wrong_elements = 0;    // over all ranks and all timed iterations
  std::vector<std::string> warnings;   // what a reader must know, in words

  /// The algorithm, with its protocol where NCCL was forced to both: "library", "ring", "ring/ll".
  [[nodiscard]] ChoiceCell asked() const {
    const bool forced = chosen && chosen->cell.algorithm == algorithm;
    return {algorithm, forced ? chosen->cell.protocol : ""};
  }
  [[nodiscard]] Summary summary() const { return summarize(samples_us); }
  [[nodiscard]] Bytes message() const { return Bytes(static_cast<double>(bytes)); }
  /// A row may be fitted and compared only if every element was right and something was timed.
  [[nodiscard]] bool valid() const { return wrong_elements == 0 && !samples_us.empty(); }
};

nlohmann::json to_json(const Record& record);
/// Throws Error naming `where` (file:line) and the key that is missing, unknown or of the wrong
/// kind.
Record record_from_json(const nlohmann::json& json, const std::string& where);

/// One line, newline included.
void write_jsonl(std::ostream& out, const Record& record);

struct RecordFile {
  std::vector<Record> records;
  std::vector<TrainingRecord> training;
  std::vector<ComputeRecord> computations;
  /// "FILE:LINE: reason" of a last line that was cut short: a run that was killed leaves one.
  std::vector<std::string> skipped;
};
/// Reads a .jsonl file, or standard input for "-". A malformed line is an Error with file and line;
/// only an unfinished last line (no newline) is skipped and reported.
RecordFile read_jsonl(const std::string& path);

}  // namespace fabricast
