// Measured rows against what the model expects of that wiring: a verdict for each, and for curves
// that are slow the likely causes.
#pragma once

#include "core/record.hpp"
#include "model/cluster.hpp"
#include "model/forecast.hpp"
#include "model/model_file.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

enum class Verdict { kGood, kSlow, kTooFast, kUnknown };

struct VerdictInfo {
  Verdict id;
  std::string_view name;
  std::string_view meaning;
};
// Formatting is off: version 14 pads each column to its longest text.
// clang-format off
inline constexpr std::array kVerdicts{
    VerdictInfo{Verdict::kGood, "good", "not slower than 95 % of the outcomes expected"},
    VerdictInfo{Verdict::kSlow, "slow", "slower than 95 % of the outcomes expected"},
    VerdictInfo{Verdict::kTooFast, "too fast", "faster than the links of the cluster can carry it"},
    VerdictInfo{Verdict::kUnknown, "unknown", "nothing is known to compare with"},
};
// clang-format on
constexpr std::string_view name(Verdict v) { return kVerdicts[static_cast<std::size_t>(v)].name; }

/// Something that would explain a curve's times, and how far its own prediction lies from them.
struct Cause {
  std::string name;
  std::string text;     // what to look at
  double distance = 0;  // mean of |ln(measured / predicted under this cause)|
};

struct ExpectedRow {
  const Record* record = nullptr;
  Verdict verdict = Verdict::kUnknown;
  std::string why_unknown;
  std::optional<Prediction> expected;
  double ratio = 0;  // measured time / expected time
};

/// Rows of one collective, type and communicator.
struct ExpectedCurve {
  Collective collective = Collective::kAllReduce;
  int ranks = 0;
  int ranks_per_node = 0;
  std::string nccl_version;  // "" where NCCL is not involved
  std::vector<ExpectedRow> rows;
  std::vector<Cause> causes;  // of its slow or too fast rows, most likely first
  std::vector<std::string> notes;
};

struct Expectation {
  std::string cluster;
  std::vector<ExpectedCurve> curves;  // in the order of the records

  [[nodiscard]] int count(Verdict verdict) const;
};

/// Each record priced by the algorithm that it names, or else by the one that NCCL would choose, in
/// the record's version of NCCL where it says so and `nccl_version` is "". A row that cannot be
/// judged says why. The records must outlive the result.
Expectation expect(const std::vector<Record>& records,
                   const Cluster& cluster,
                   const Model& model,
                   const std::string& nccl_version);

}  // namespace fabricast
