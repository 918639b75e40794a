// Every way to run one collective on one communicator, and which of them NCCL would take.
#pragma once

#include "model/collective/cost.hpp"
#include "model/collective/nccl_symmetric.hpp"
#include "model/collective/nccl_tuner.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// The price of each candidate for one set of inputs; candidate i of the set is prices[i].
using Prices = std::vector<Price>;

/// Immutable once made; the size of the message and the inputs are given later.
class CandidateSet {
 public:
  /// `nccl_version` "": the default. `inputs` names what the prices are made of; later ones must
  /// have the same names in the same order. Throws Error for a version that is not known.
  CandidateSet(const Setting& setting,
               Collective collective,
               const std::string& nccl_version,
               const Inputs& inputs);

  [[nodiscard]] std::size_t size() const { return candidates_.size(); }
  [[nodiscard]] const Candidate& operator[](std::size_t i) const { return candidates_[i]; }
  [[nodiscard]] const std::string& nccl_version() const { return version_; }

  /// Drops the candidates that `wanted` refuses.
  template <typename Predicate>
  void keep_if(Predicate wanted) {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < size(); ++i) {
      if (wanted(candidates_[i])) {
        kept.push_back(i);
      }
    }
    keep(kept);
  }

  /// Drops what NCCL does not take unasked: what it has no estimate for (hierarchical) where it has
  /// any, and what must be asked for (pxn).
  void keep_usual();

  [[nodiscard]] Prices prices(const Inputs& inputs) const;

  /// NCCL's own estimate; nothing where it has none (host ranks, all-to-all, hierarchical).
  [[nodiscard]] std::optional<Seconds> nccl_estimate(std::size_t i, Bytes message) const;
  /// ln(seconds) of the estimates that NCCL compares for one message, infinite for what it does not
  /// compare: a symmetric kernel is taken without looking at the others. They do not depend on the
  /// inputs: a fit makes them once.
  [[nodiscard]] std::vector<double> log_estimates(Bytes message) const;

  /// The candidate of NCCL's smallest estimate; without any, that of the smallest price.
  [[nodiscard]] std::size_t nccl_choice(const Prices& prices, Bytes message) const;
  [[nodiscard]] std::size_t fastest(const Prices& prices, Bytes message) const;

  /// How sure each candidate is to be what NCCL takes, adding up to 1: its estimates are often
  /// nearly tied, and the field picks some pairs more often than they say ("selection." inputs).
  /// Without estimates the fastest gets it all.
  void weigh(const Inputs& inputs,
             const Prices& prices,
             const std::vector<double>& log_estimates,
             Bytes message,
             std::vector<double>& weights) const;

 private:
  void keep(const std::vector<std::size_t>& kept);
  [[nodiscard]] bool is_estimated(std::size_t i) const;
  [[nodiscard]] std::optional<SymmetricEstimate> symmetric_kernel(std::size_t i,
                                                                  Bytes message) const;

  std::string version_;
  Collective collective_;
  std::vector<Candidate> candidates_;
  std::vector<std::unique_ptr<Cost>> costs_;
  std::vector<std::optional<NcclCell>> cells_;
  std::vector<std::optional<std::size_t>> bias_;  // input of each candidate
  std::unique_ptr<NcclTuner> tuner_;
  SymmetricTeam team_;
};

/// ln(seconds): the mean of ln(time) over the candidates by their weights. A slow candidate with a
/// small weight hardly shows, as in a choice that is nearly always the other.
double blended_log_time(const Prices& prices, const std::vector<double>& weights, Bytes message);

}  // namespace fabricast
