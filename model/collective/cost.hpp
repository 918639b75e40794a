// The price of one collective by one algorithm: terms that add up to a time.
#pragma once

#include "core/collective.hpp"
#include "model/collective/price.hpp"
#include "model/collective/setting.hpp"
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
  bool unasked = true;    // NCCL may take it by default; false: only by name, or as the fastest
};

/// Prices any message size. Names of inputs are looked up once, when it is made; `inputs` given
/// later must have the same names in the same order.
class Cost {
 public:
  virtual ~Cost() = default;
  [[nodiscard]] virtual Price price(const Inputs& inputs) const = 0;
};

/// The algorithms that the model can price here, each with its protocols; channels are left at 1.
/// On registered buffers also those that need windows, whether or not they can run here
/// (window_obstacle).
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

}  // namespace fabricast
