// Prices what NCCL runs on buffers in registered windows inside one NVLink domain: symmetric
// kernels and copy engines.
#pragma once

#include "core/error.hpp"
#include "model/collective/cost.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// Whether this algorithm ("symmetric", "copy_engine") needs registered windows.
bool needs_windows(std::string_view algorithm);

/// Why an algorithm that needs windows cannot run here, with what to do; nothing if it can. Throws
/// Error for a version that is none.
std::optional<Error> window_obstacle(const Setting& setting,
                                     Collective collective,
                                     std::string_view algorithm,
                                     const std::string& nccl_version);

/// Those of the collective, whether or not they can run here.
std::vector<Candidate> priceable_on_windows(Collective collective);
std::unique_ptr<Cost> make_window_cost(const Setting& setting,
                                       Collective collective,
                                       const Candidate& candidate,
                                       const Inputs& inputs);

/// Whether symmetric kernels use the NVSwitch's multicast here; NCCL asks for more than two ranks.
bool symmetric_multicast(const Setting& setting);

}  // namespace fabricast
