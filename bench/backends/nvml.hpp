// Clocks, power and temperature of this process's GPUs, from the driver's own library, opened at
// run time. Its header is not needed: the few calls are declared here, as NVIDIA's NVML API
// reference has them.
#pragma once

#include "bench/control.hpp"
#include "core/gpu_state.hpp"

#include <array>
#include <string>
#include <vector>

namespace fabricast {

using GpuUuid = std::array<unsigned char, 16>;

/// "GPU-8f1e...": how the driver's tools write it.
std::string uuid_text(const GpuUuid& uuid);

class Nvml {
 public:
  /// Opens FABRICAST_NVML_LIBRARY, else libnvidia-ml.so.1. Never throws: without it nothing is
  /// known.
  explicit Nvml(const std::vector<GpuUuid>& gpus);

  /// Of the GPUs of all processes, now. Collective; known() is false where no process can tell.
  [[nodiscard]] GpuState look(Control& control) const;

 private:
  std::vector<void*> devices_;
};

}  // namespace fabricast
