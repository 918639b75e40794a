#include "core/gpu_state.hpp"

namespace fabricast {

std::string alarms(const GpuState& state) {
  std::string text;
  for (const auto& reason : state.slowed_by) {
    for (const auto& row : kThrottleReasons) {
      if (row.name == reason && row.alarming) {
        text += (text.empty() ? "" : ", ") + reason;
      }
    }
  }
  return text;
}

}  // namespace fabricast
