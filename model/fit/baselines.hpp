// Simple forecasts that the model has to beat.
#pragma once

#include "model/fit/curve.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace fabricast {

struct BaselineInfo {
  std::string_view name;
  std::string_view meaning;
  bool needs_known_scales;  // of the same system: none in the cold setting
};
inline constexpr std::array kBaselines{
    BaselineInfo{"NCCL as is",      "smallest estimate of NCCL's own cost model",                 false},
    BaselineInfo{"rule of thumb",   "20 us and 90 % of the narrowest link's usable rate",         false},
    BaselineInfo{
                 "NCCL carried",    "NCCL's estimate times its error at the largest known scale", true },
    BaselineInfo{"time carried",    "the time measured at the largest known scale",               true },
    BaselineInfo{"no scaling loss", "the bus bandwidth measured at the largest known scale",      true },
    BaselineInfo{"alpha and beta",  "two constants fitted to the largest known scale",            true },
};

/// ln(seconds) by each baseline, NaN where it has no answer. `known`: curves of the same system at
/// smaller scales; empty in the cold setting.
std::array<double, kBaselines.size()> baselines(const CurveModel& model,
                                                std::size_t point,
                                                const std::vector<const MeasuredCurve*>& known);

}  // namespace fabricast
