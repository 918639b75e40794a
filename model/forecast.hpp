// What a forecast says: a time, its interval, what it consists of and what it rests on.
#pragma once

#include "core/collective.hpp"
#include "core/provenance.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// A part of the predicted time. Terms add up to it.
struct Term {
  std::string name;
  Seconds time;
};

/// An uncertain input and its share of the interval's variance (in the logarithm of the time).
struct Driver {
  std::string input;
  double share = 0;
  Provenance provenance = Provenance::kAssumed;
  std::string source;
};

/// How far beyond the data: `from_ranks` is the largest count that the constants were calibrated
/// at.
struct Extrapolation {
  int from_ranks = 0;
  double ratio = 1;
};

struct Prediction {
  std::uint64_t bytes = 0;
  std::string algorithm;
  std::string protocol;  // "ll", "ll128", "simple"; "" where there is none
  Seconds time;
  Seconds low;  // 90 % of outcomes lie between low and high
  Seconds high;
  Provenance provenance = Provenance::kAssumed;  // the weakest of the inputs that dominate
  Extrapolation extrapolation;
  std::vector<Term> terms;
  std::vector<Driver> drivers;           // largest first
  std::optional<Seconds> nccl_estimate;  // NCCL's own estimate for this algorithm and protocol
  Seconds datasheet_bound;               // no algorithm can be faster on these links
};

struct Forecast {
  std::string cluster;
  Collective collective = Collective::kAllReduce;
  int ranks = 0;
  int ranks_per_node = 0;
  std::string nccl_version;  // "" where NCCL is not involved
  std::string selection;     // "auto", "best", or a forced algorithm
  std::string calibration;   // in words: which inputs were measured here, which are priors
  std::vector<Prediction> predictions;  // one per message size, in the order asked
  std::vector<std::string> notes;       // what is unknown about this cluster, warnings
};

}  // namespace fabricast
