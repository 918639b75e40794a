// The result record: one measured case, self-sufficient, one line of JSON. Format: docs/formats.md.
#pragma once

#include "core/collective.hpp"
#include "core/datatype.hpp"
#include "core/provenance.hpp"
#include "core/reduce_op.hpp"
#include "core/statistics.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace fabricast {

/// Why sampling ended.
enum class StopReason { kPrecise, kTimeCap, kSampleCap, kFixedCount };

struct StopReasonInfo {
  StopReason id;
  std::string_view name;
  std::string_view meaning;
};
inline constexpr std::array kStopReasons{
    StopReasonInfo{StopReason::kPrecise,    "precise",     "95 % interval of the median within +-2 %" },
    StopReasonInfo{StopReason::kTimeCap,    "time_cap",    "the time allowed for one case was used up"},
    StopReasonInfo{
                   StopReason::kSampleCap,  "sample_cap",  "the largest number of samples was reached"},
    StopReasonInfo{StopReason::kFixedCount, "fixed_count", "as many calls as were asked for"          },
};
constexpr std::string_view name(StopReason r) {
  return kStopReasons[static_cast<std::size_t>(r)].name;
}

/// Where and with what the case ran.
struct Origin {
  std::string time_utc;  // ISO 8601, start of the run
  std::string command_line;
  std::string fabricast;  // version and commit
  std::string host;       // rank 0's host name
  std::string machine;    // processor or GPU model, memory
  int cores = 0;          // processors that the ranks of rank 0's host may use
  /// Library -> version: mpi, nccl, cuda_driver, benchmark...
  std::map<std::string, std::string> versions;
};

struct Record {
  Origin origin;

  Collective collective = Collective::kAllReduce;
  std::string backend;    // "mpi", "host" (our algorithms over point-to-point), "nccl"
  std::string algorithm;  // "ring"...; "library" where the library chooses and does not tell
  DataType type = DataType::kFloat32;
  ReduceOp op = ReduceOp::kSum;  // of collectives that reduce
  std::uint64_t count = 0;       // elements as passed to the collective
  std::uint64_t bytes = 0;       // message size, nccl-tests convention
  int ranks = 0;
  int ranks_per_node = 0;
  bool oversubscribed = false;  // more ranks than processors on some host

  bool in_place = false;  // the result overwrote the input

  std::vector<double> samples_us;  // one per iteration: the slowest rank's time, in order
  /// Calls that each sample is the mean of: 1 for what this program measures, the iterations of a
  /// row of nccl-tests; 0 where the file does not say.
  int calls_per_sample = 1;
  StopReason stopped_by = StopReason::kPrecise;
  std::vector<double> rank_median_us;  // each rank's own median; the largest is the slowest rank
  std::uint64_t wrong_elements = 0;    // over all ranks and all timed iterations
  std::vector<std::string> warnings;   // what a reader must know, in words

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
  /// "FILE:LINE: reason" of a last line that was cut short: a run that was killed leaves one.
  std::vector<std::string> skipped;
};
/// Reads a .jsonl file, or standard input for "-". A malformed line is an Error with file and line;
/// only an unfinished last line (no newline) is skipped and reported.
RecordFile read_jsonl(const std::string& path);

}  // namespace fabricast
