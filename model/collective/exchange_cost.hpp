// Prices what NCCL builds from send and receive: all-to-all, gather, scatter, neighbour exchange.
#pragma once

#include "model/collective/cost.hpp"

#include <memory>
#include <vector>

namespace fabricast {

bool is_exchange(Collective collective);
std::vector<Candidate> priceable_exchange(const Setting& setting, Collective collective);
std::unique_ptr<Cost> make_exchange_cost(const Setting& setting,
                                         Collective collective,
                                         const Candidate& candidate,
                                         const Inputs& inputs);

}  // namespace fabricast
