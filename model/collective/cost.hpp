// The price of one collective by one algorithm: terms that add up to a time.
#pragma once

#include "core/collective.hpp"
#include "model/collective/setting.hpp"
#include "model/forecast.hpp"
#include "model/inputs.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fabricast {

/// A way to run a collective.
struct Candidate {
  std::string algorithm;  // "ring", "tree", "nvls_tree", "hierarchical", "pairwise"...
  std::string protocol;   // "ll", "ll128", "simple"; "" where there is none
  int channels = 1;       // parallel rings or trees: a message is cut into as many parts
};

/// Prices any message size. Names of inputs are looked up once, when it is made; `inputs` given
/// later must have the same names in the same order.
class Cost {
 public:
  virtual ~Cost() = default;
  [[nodiscard]] virtual std::vector<Term> terms(const Inputs& inputs, Bytes message) const = 0;
  [[nodiscard]] Seconds total(const Inputs& inputs, Bytes message) const;
};

/// The algorithms that the model can price here, each with its protocols; channels are left at 1.
std::vector<Candidate> priceable(const Setting& setting, Collective collective);

/// `candidate` must be one of priceable().
std::unique_ptr<Cost> make_cost(const Setting& setting,
                                Collective collective,
                                const Candidate& candidate,
                                const Inputs& inputs);

/// Least time that the links' datasheet rates allow for this collective, whatever the algorithm.
/// Zero on the host, whose memory has no datasheet here.
Seconds datasheet_bound(const Setting& setting,
                        Collective collective,
                        const Inputs& inputs,
                        Bytes message);

/// 1 / (1 + (threshold / message)^1.5): 0 for short messages, 1 for long ones.
double long_message_share(double message, double threshold);

}  // namespace fabricast
