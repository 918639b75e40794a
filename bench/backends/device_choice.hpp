// Which GPUs each process of a job takes.
#pragma once

#include "bench/control.hpp"

#include <vector>

namespace fabricast {

/// What one process knows when it chooses.
struct DeviceChoice {
  int visible = 0;           // GPUs that it sees
  int sharers = 1;           // processes of its host that see the same GPUs
  int index = 0;             // its place among them
  int gpus_per_process = 0;  // 0: divide evenly
  int ranks_per_gpu = 1;     // places on each GPU
};
/// For each rank of the process its GPU, an index among the visible ones. Throws Error when there
/// are not that many.
std::vector<int> choose_devices(const DeviceChoice& choice);

/// The same for this job, the same number on every process. Collective; throws Error on every
/// process when one of them has none that NCCL can use.
std::vector<int> find_devices(Control& control, int gpus_per_process, int ranks_per_gpu);

}  // namespace fabricast
