// Measured times of one collective on one communicator, and what the model says of them.
#pragma once

#include "model/cluster.hpp"
#include "model/collective/candidate_set.hpp"
#include "model/inputs.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fabricast {

struct MeasuredPoint {
  Bytes message;
  double log_time = 0;  // ln(seconds)
  double log_sd = 0.15;
  double weight = 1;  // of its loss in a fit
};

struct MeasuredCurve {
  std::string name;
  std::string system;  // curves of one system share its effects
  std::shared_ptr<const Cluster> cluster;
  Setting setting;
  Collective collective = Collective::kAllReduce;
  std::string algorithm;  // "": what NCCL of that version chooses
  std::string protocol;   // "": any
  std::string nccl_version;
  std::vector<MeasuredPoint> points;
};

/// A curve with everything that does not depend on the model's constants worked out.
class CurveModel {
 public:
  /// Throws Error when the model has no price for it.
  CurveModel(MeasuredCurve curve, const Inputs& constants);

  [[nodiscard]] const MeasuredCurve& curve() const { return curve_; }
  /// The constants (first, as given) and the cluster's own numbers.
  [[nodiscard]] Inputs& inputs() { return inputs_; }
  [[nodiscard]] const Inputs& inputs() const { return inputs_; }
  [[nodiscard]] const CandidateSet& candidates() const { return candidates_; }
  [[nodiscard]] std::size_t size() const { return curve_.points.size(); }

  /// ln(seconds) of each point for the current inputs, written to out[0..size()).
  void log_times(double* out) const;
  /// ln(measured / predicted) of each point for the current inputs.
  [[nodiscard]] std::vector<double> log_errors() const;

 private:
  MeasuredCurve curve_;
  Inputs inputs_;
  CandidateSet candidates_;
  std::vector<std::vector<double>> log_estimates_;  // by point
};

}  // namespace fabricast
