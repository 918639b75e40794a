#include "bench/watchdog.hpp"

#include "core/error.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace fabricast {

Watchdog::Watchdog(Seconds deadline, std::string who)
    : deadline_(deadline), who_(std::move(who)), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::describe(std::string what) {
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
}

// The watching thread polls (see watch), so arming costs a mutex and no wake-up of another thread,
// which would disturb the measurement.
void Watchdog::arm() {
  const std::lock_guard lock(mutex_);
  armed_ = true;
  ++generation_;
}

void Watchdog::disarm() {
  const std::lock_guard lock(mutex_);
  armed_ = false;
  ++generation_;
}

void Watchdog::watch() {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPoll{250};
  std::unique_lock lock(mutex_);
  unsigned seen = generation_;
  Clock::time_point since = Clock::now();
  while (!ending_) {
    changed_.wait_for(lock, kPoll);
    if (generation_ != seen || !armed_) {
      seen = generation_;
      since = Clock::now();
      continue;
    }
    if (std::chrono::duration<double>(Clock::now() - since).count() > deadline_.si()) {
      std::fprintf(
          stderr,
          "%s: no end of %s after %.0f s\n"
          "  at: %s\n"
          "  try: look for a dead or stopped rank; a longer --timeout if the size is huge\n",
          "fabricast",
          what_.c_str(),
          deadline_.si(),
          who_.c_str());
      std::_Exit(static_cast<int>(ExitCode::kCutShort));
    }
  }
}

}  // namespace fabricast
