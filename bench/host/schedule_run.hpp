// A training step on host buffers: non-blocking MPI beside matrix products.
#pragma once

#include "bench/backend.hpp"
#include "bench/polite_wait.hpp"

#include <mpi.h>

#include <memory>

namespace fabricast {

/// What a run borrows from its backend; all of it outlives the run.
struct ScheduleRunContext {
  MPI_Comm communicator;  // of the whole job
  const PoliteWait& wait;
  DataType type;
  MPI_Datatype mpi_type;  // of `type`
  MPI_Op sum;             // for `type`
};

/// This rank's schedule with its buffers and communicators. Collective over the communicator.
/// Throws Error for transfers larger than MPI's counts.
std::unique_ptr<ScheduleOperation> make_schedule_run(TrainingSchedule schedule,
                                                     SchedulePart part,
                                                     const ScheduleRunContext& context);

}  // namespace fabricast
