// A training step on GPUs: NCCL on streams of its own beside matrix products.
#pragma once

#include "bench/backends/nccl_ranks.hpp"
#include "bench/patterns/schedule.hpp"

#include <memory>

namespace fabricast {

/// "" or why training steps cannot run on this machine's GPUs.
std::string why_no_nccl_schedules();

/// The schedules of this process's ranks with their buffers, streams and communicators. Collective
/// over the job; `ranks` outlives it. A transfer starts when the computation before it is done, and
/// the computation behind a wait starts when the transfer is done: the GPU keeps to both by itself.
std::unique_ptr<ScheduleOperation> make_nccl_schedule(NcclRanks& ranks,
                                                      const MakeTrainingSchedule& make,
                                                      DataType type,
                                                      SchedulePart part);

}  // namespace fabricast
