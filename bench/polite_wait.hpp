// Waiting for MPI without burning a processor that another rank needs.
#pragma once

#include <mpi.h>

#include <span>

namespace fabricast {

/// Test, then a short sleep. With a processor per rank a wait first polls for about 100 us, because
/// a sleep costs more than most messages; ranks that share processors sleep at once, because a
/// polling rank keeps the one it waits for from running (4 to 8 ms a step on two processors).
class PoliteWait {
 public:
  explicit PoliteWait(bool oversubscribed);
  void all(std::span<MPI_Request> requests) const;

 private:
  int polls_before_sleep_;
};

}  // namespace fabricast
