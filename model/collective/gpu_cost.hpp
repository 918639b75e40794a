// Prices NCCL's ring, tree, NVLS and related algorithms. Equations: docs/method.md.
#pragma once

#include "model/collective/cost.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace fabricast {

/// The term of a price that is there when connections wait for answers instead of sending.
inline constexpr std::string_view kInFlightWindow = "in_flight_window";

std::vector<Candidate> priceable_on_gpus(const Setting& setting, Collective collective);
std::unique_ptr<Cost> make_gpu_cost(const Setting& setting,
                                    Collective collective,
                                    const Candidate& candidate,
                                    const Inputs& inputs);

}  // namespace fabricast
