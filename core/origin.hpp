// What every kind of record says of the run that made it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

class JsonFields;

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
  /// Variables that were set and steer what the library does: NCCL_ALGO...
  std::map<std::string, std::string> environment{};
};

/// The keys of an origin and of a measurement's provenance, for a record's object; and back. Throws
/// Error for keys that are missing or of the wrong kind.
nlohmann::json origin_json(const Origin& origin);
Origin take_origin(JsonFields& fields);

std::optional<StopReason> find_stop_reason(std::string_view name);

/// Throws Error for a time that is negative or absurd.
void refuse_bad_times(const std::vector<double>& times_us, const std::string& where);

}  // namespace fabricast
