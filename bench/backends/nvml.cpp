#include "bench/backends/nvml.hpp"

#include "bench/backends/shared_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <dlfcn.h>

namespace fabricast {

namespace {

using Device = void*;
constexpr int kSuccess = 0;
constexpr int kSmClock = 1;  // NVML_CLOCK_SM
constexpr int kOnDie = 0;    // NVML_TEMPERATURE_GPU

struct NvmlApi {
  int (*init)() = nullptr;
  int (*handle_by_uuid)(const char* uuid, Device* device) = nullptr;
  int (*clock)(Device device, int type, unsigned* megahertz) = nullptr;
  int (*max_clock)(Device device, int type, unsigned* megahertz) = nullptr;
  int (*power)(Device device, unsigned* milliwatts) = nullptr;
  int (*power_limit)(Device device, unsigned* milliwatts) = nullptr;
  int (*temperature)(Device device, int sensor, unsigned* celsius) = nullptr;
  int (*throttle_reasons)(Device device, unsigned long long* bits) = nullptr;
};

struct Symbol {
  const char* name;
  void (*store)(NvmlApi& api, void* address);
};
constexpr std::array kSymbols{
    Symbol{"nvmlInit_v2",                               store<&NvmlApi::init>            },
    Symbol{"nvmlDeviceGetHandleByUUID",                 store<&NvmlApi::handle_by_uuid>  },
    Symbol{"nvmlDeviceGetClockInfo",                    store<&NvmlApi::clock>           },
    Symbol{"nvmlDeviceGetMaxClockInfo",                 store<&NvmlApi::max_clock>       },
    Symbol{"nvmlDeviceGetPowerUsage",                   store<&NvmlApi::power>           },
    Symbol{"nvmlDeviceGetEnforcedPowerLimit",           store<&NvmlApi::power_limit>     },
    Symbol{"nvmlDeviceGetTemperature",                  store<&NvmlApi::temperature>     },
    Symbol{"nvmlDeviceGetCurrentClocksThrottleReasons", store<&NvmlApi::throttle_reasons>},
};

// nullptr where the library or a symbol is missing, or the driver does not answer.
const NvmlApi* open_nvml() {
  static NvmlApi api;
  void* handle = dlopen(named_library("FABRICAST_NVML_LIBRARY", "libnvidia-ml.so.1"), RTLD_NOW);
  if (handle == nullptr) {
    return nullptr;
  }
  for (const Symbol& symbol : kSymbols) {
    void* address = dlsym(handle, symbol.name);
    if (address == nullptr) {
      return nullptr;
    }
    symbol.store(api, address);
  }
  return api.init() == kSuccess ? &api : nullptr;
}

const NvmlApi* nvml() {
  static const NvmlApi* const api = open_nvml();
  return api;
}

// 0 where a GPU does not tell.
template <typename Call, typename... Arguments>
double read(const Call& call, Device device, Arguments... arguments) {
  unsigned value = 0;
  return call(device, arguments..., &value) == kSuccess ? value : 0;
}

// Nothing known about it yet, so that the minimum of a GPU that tells nothing does not count.
constexpr double kNothing = 1e12;
double lowest(double before, double now) { return now > 0 ? std::min(before, now) : before; }

}  // namespace

std::string uuid_text(const GpuUuid& uuid) {
  std::string text = "GPU-";
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    const bool dash = i == 4 || i == 6 || i == 8 || i == 10;
    text += fmt::format("{}{:02x}", dash ? "-" : "", uuid[i]);
  }
  return text;
}

Nvml::Nvml(const std::vector<GpuUuid>& gpus) {
  if (nvml() == nullptr) {
    return;
  }
  for (const GpuUuid& uuid : gpus) {
    Device device = nullptr;
    if (nvml()->handle_by_uuid(uuid_text(uuid).c_str(), &device) == kSuccess) {
      devices_.push_back(device);
    }
  }
}

GpuState Nvml::look(Control& control) const {
  GpuState s{.sm_clock_MHz = kNothing, .power_limit_W = kNothing};
  std::uint64_t reasons = 0;
  for (const Device device : devices_) {
    const NvmlApi& api = *nvml();
    s.sm_clock_MHz = lowest(s.sm_clock_MHz, read(api.clock, device, kSmClock));
    s.sm_clock_max_MHz = std::max(s.sm_clock_max_MHz, read(api.max_clock, device, kSmClock));
    s.power_W = std::max(s.power_W, read(api.power, device) * 1e-3);
    s.power_limit_W = lowest(s.power_limit_W, read(api.power_limit, device) * 1e-3);
    s.temperature_C = std::max(s.temperature_C, read(api.temperature, device, kOnDie));
    unsigned long long bits = 0;
    reasons |= api.throttle_reasons(device, &bits) == kSuccess ? bits : 0;
  }
  std::vector<double> most{s.sm_clock_max_MHz, s.power_W, s.temperature_C};
  for (const auto& row : kThrottleReasons) {
    most.push_back((reasons & row.bit) != 0 ? 1 : 0);
  }
  control.max_each(most);
  s.sm_clock_max_MHz = most[0];
  s.power_W = most[1];
  s.temperature_C = most[2];
  const auto told = [](double value) { return value < kNothing ? value : 0; };
  s.sm_clock_MHz = told(control.min(s.sm_clock_MHz));
  s.power_limit_W = told(control.min(s.power_limit_W));
  for (std::size_t i = 0; i < kThrottleReasons.size(); ++i) {
    if (most[3 + i] > 0) {
      s.slowed_by.emplace_back(kThrottleReasons[i].name);
    }
  }
  return s;
}

}  // namespace fabricast
