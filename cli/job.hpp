// A measuring job: control plane and backend, chosen for this machine.
#pragma once

#include "bench/backend.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/control.hpp"

#include <memory>
#include <string>

namespace fabricast {

struct JobOptions {
  std::string backend = "auto";  // "auto": nccl where there are GPUs, else mpi
  GpuOptions gpu;                // for nccl
  int ranks_per_node = 0;        // 0: as the ranks lie on the hosts
  int virtual_ranks = 0;         // of the onchip backend; 0: 8
};

/// Order matters: the backend uses the control plane.
struct Job {
  std::unique_ptr<Control> control;
  std::unique_ptr<Backend> backend;
};

/// Starts MPI when this process was launched as one of several or the host backend is wanted.
/// Throws Error when the backend cannot run here, with the remedy.
Job make_job(const JobOptions& options);

}  // namespace fabricast
