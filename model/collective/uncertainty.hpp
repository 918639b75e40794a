// From the ranges of the inputs to the interval of a time, and to what drives it.
#pragma once

#include "model/collective/candidate_set.hpp"
#include "model/forecast.hpp"
#include "model/inputs.hpp"

#include <string>
#include <vector>

namespace fabricast {

/// Half the width of a normal 90 % interval, in standard deviations.
inline constexpr double kSdsOf90Percent = 1.6449;

/// A part of the interval that does not come through the equations: their own error, the distance
/// of an extrapolation. `log_width` is half the 90 % interval of ln(time).
struct ExtraUncertainty {
  std::string name;
  double log_width = 0;
  Provenance provenance = Provenance::kDerived;
  std::string source;
};

struct Spread {
  double log_low = 0;           // ln(low / time) <= 0
  double log_high = 0;          // ln(high / time) >= 0
  std::vector<Driver> drivers;  // share of at least 1 %, largest first
};

/// Which candidate a time is of.
enum class Selection {
  kLikely,   // the mean over the candidates, weighed by how sure NCCL is to take them
  kFastest,  // the fastest, whatever NCCL takes
};

/// The time of a collective and its interval, for any message size. Each input in turn goes to both
/// ends of its 90 % range; what it does to ln(time) adds in quadrature, up and down apart, because
/// ranges are lopsided (a taper can only slow down). Inputs that were fitted together enter by
/// their covariance. All prices are made once: a further size costs microseconds.
class Outlook {
 public:
  Outlook(const CandidateSet& candidates, const Inputs& inputs, Selection selection);

  struct Estimate {
    Seconds time;
    std::vector<double> weights;  // of the candidates
  };
  [[nodiscard]] Estimate estimate(Bytes message) const;
  [[nodiscard]] Spread spread(Bytes message, const std::vector<ExtraUncertainty>& extras) const;
  [[nodiscard]] const Prices& prices() const { return prices_; }

 private:
  // The prices when one input takes other values.
  struct Trial {
    std::size_t input;
    double down;  // the values tried
    double up;
    Prices down_prices;
    Prices up_prices;
  };

  [[nodiscard]] double log_time(const Inputs& inputs,
                                const Prices& prices,
                                const std::vector<double>& log_estimates,
                                Bytes message) const;
  void try_values(std::size_t input, double down, double up, std::vector<Trial>& trials);

  const CandidateSet& candidates_;
  Inputs inputs_;
  Selection selection_;
  Prices prices_;
  std::vector<Trial> ranges_;  // inputs that stand for themselves
  std::vector<Trial> joint_;   // in the order of the covariance, one standard deviation each way
};

}  // namespace fabricast
