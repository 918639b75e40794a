#include "bench/polite_wait.hpp"

#include "bench/mpi_call.hpp"

#include <ctime>
#include <sys/prctl.h>

namespace fabricast {

namespace {
constexpr int kPolls = 500;  // of about 0.2 us each
constexpr long kSleepNs = 20'000;
}  // namespace

PoliteWait::PoliteWait(bool oversubscribed) : polls_before_sleep_(oversubscribed ? 0 : kPolls) {
  // Linux rounds sleeps up by 50 us of timer slack unless told otherwise.
  prctl(PR_SET_TIMERSLACK, 1);
}

void PoliteWait::all(std::span<MPI_Request> requests) const {
  for (int polls = 0;; ++polls) {
    int done = 0;
    check_mpi(
        MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE),
        "MPI_Testall");
    if (done != 0) {
      return;
    }
    if (polls >= polls_before_sleep_) {
      const timespec pause{0, kSleepNs};
      nanosleep(&pause, nullptr);
    }
  }
}

}  // namespace fabricast
