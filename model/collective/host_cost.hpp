// Prices the textbook algorithms on CPU ranks: steps x alpha + bytes / bandwidth.
#pragma once

#include "model/collective/cost.hpp"

#include <memory>
#include <vector>

namespace fabricast {

std::vector<Candidate> priceable_on_host(const Setting& setting, Collective collective);
std::unique_ptr<Cost> make_host_cost(const Setting& setting,
                                     Collective collective,
                                     const Candidate& candidate,
                                     const Inputs& inputs);

}  // namespace fabricast
