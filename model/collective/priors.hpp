// The constants of the cost model before any measurement: model/collective/priors.toml.
#pragma once

#include "model/inputs.hpp"

namespace fabricast {

/// All constants, named by their place in the file ("infiniband.hop.tree_ll_us").
Inputs prior_inputs();

}  // namespace fabricast
