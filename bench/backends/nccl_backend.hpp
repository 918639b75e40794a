// NCCL on the GPUs of this process. The way in is make_nccl_backend (bench/backends/gpu.hpp); here is
// what can be decided, and tested, without a GPU.
#pragma once

#include <vector>

namespace fabricast {

/// The GPUs that a process takes, by index among those that it sees.
struct DeviceChoice {
  int visible = 0;           // GPUs that the process sees
  int sharers = 1;           // processes of this host that see the same GPUs
  int index = 0;             // of this process among them
  int gpus_per_process = 0;  // 0: divide evenly
};
/// Throws Error when there are not that many.
std::vector<int> choose_devices(const DeviceChoice& choice);

}  // namespace fabricast
