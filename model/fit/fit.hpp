// From measured records to constants: few measurements move few of them, many move all.
#pragma once

#include "core/record.hpp"
#include "model/cluster.hpp"
#include "model/model_file.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// A fitted row, for plots and tables.
struct FittedRow {
  Collective collective;
  std::string algorithm;
  int ranks = 0;
  Bytes message;
  Seconds measured;
  Seconds predicted;
  Seconds low;  // 90 %
  Seconds high;
  bool held_out = false;
};

struct FitResult {
  Model model;
  std::vector<FittedRow> rows;
  /// From how many bytes on the messages of a step are slower (rendezvous instead of eager), where
  /// the rows say it.
  std::optional<Quantity<double>> long_message_B;
  /// Why records took no part: reason and how many.
  std::vector<std::pair<std::string, int>> left_out;
};

/// Robust least squares in ln(time), held to the shipped constants by their own ranges (a ridge),
/// with the covariance of what was fitted. `cluster` describes where the records were measured
/// (host-box for host records). Every third size of each curve, and the largest number of ranks
/// when there are several, are first left out, predicted and scored (`rows`, and the model's
/// scores); the constants returned are then fitted to all records.
/// Throws Error when no record can be used, with the reasons.
FitResult fit(const std::vector<Record>& records,
              const Cluster& cluster,
              const std::string& nccl_version);

}  // namespace fabricast
