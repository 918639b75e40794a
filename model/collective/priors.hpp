// The constants of the cost model before any measurement: model/collective/priors.toml.
#pragma once

#include "model/inputs.hpp"

#include <string_view>

namespace fabricast {

/// All constants, named by their place in the file ("infiniband.hop.tree_ll_us").
Inputs prior_inputs();

/// Largest number of ranks among the published curves behind the constants of a fabric class
/// ("none": one node), and with "scale" behind the growth with the number of nodes.
int calibrated_ranks(std::string_view what);

}  // namespace fabricast
