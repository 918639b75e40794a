// What the GPUs of a job did while they were measured: a slow clock explains many a slow result.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// Why a GPU runs below its highest clock, as the driver counts it.
struct ThrottleReason {
  std::uint64_t bit;  // nvmlClocksThrottleReason*
  std::string_view name;
  bool alarming;  // the measurement says more of the machine's state than of its speed
};
inline constexpr std::array kThrottleReasons{
    ThrottleReason{0x001, "gpu_idle",            false},
    ThrottleReason{0x002, "applications_clocks", false},
    ThrottleReason{0x004, "sw_power_cap",        true },
    ThrottleReason{0x008, "hw_slowdown",         true },
    ThrottleReason{0x010, "sync_boost",          false},
    ThrottleReason{0x020, "sw_thermal_slowdown", true },
    ThrottleReason{0x040, "hw_thermal_slowdown", true },
    ThrottleReason{0x080, "hw_power_brake",      true },
    ThrottleReason{0x100, "display_clock",       false},
};

/// Of the GPU that is worst off in each of these.
struct GpuState {
  double sm_clock_MHz = 0;             // lowest
  double sm_clock_max_MHz = 0;         // of the type
  double power_W = 0;                  // highest
  double power_limit_W = 0;            // lowest
  double temperature_C = 0;            // highest
  std::vector<std::string> slowed_by;  // names of kThrottleReasons, of any GPU

  [[nodiscard]] bool known() const { return sm_clock_max_MHz > 0; }
};

/// "sw_power_cap, hw_slowdown": the alarming ones, or "".
std::string alarms(const GpuState& state);

}  // namespace fabricast
