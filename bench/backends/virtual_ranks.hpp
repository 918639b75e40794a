// Several ranks of NCCL on one GPU: for trying out, never for measuring links.
#pragma once

#include "bench/backends/gpu_options.hpp"
#include "bench/control.hpp"

namespace fabricast {

/// Sets what NCCL reads of its environment before its first call, unless the user has, and caps the
/// thread blocks, all of which must fit on the GPU at once. From 2.30 on NCCL shares a GPU among
/// ranks of one process and of several; before that each rank needs a process of its own, which
/// then counts as a node of its own and talks through the network. Throws Error where that does not
/// hold. Nothing for one rank per GPU.
void prepare_virtual_ranks(Control& control, GpuOptions& options, int ranks_of_process);

}  // namespace fabricast
