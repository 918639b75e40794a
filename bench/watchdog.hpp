// Ends a run that hangs: a collective whose deadline passes never returns by itself.
#pragma once

#include "core/units.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace fabricast {

/// A thread that waits beside the collectives. When an armed deadline passes it writes who waited
/// in which collective to stderr and ends this process with exit code 3; the launcher then ends the
/// rest of the job. Finished rows are on disk already.
class Watchdog {
 public:
  /// `who` names this process in the message.
  Watchdog(Seconds deadline, std::string who);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog(Watchdog&&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  Watchdog& operator=(Watchdog&&) = delete;

  /// What is being run, for the message.
  void describe(std::string what);
  void arm();
  void disarm();

 private:
  void watch();

  Seconds deadline_;
  std::string who_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string what_;
  unsigned generation_ = 0;  // counts arm and disarm, so that a waiting thread sees any change
  bool armed_ = false;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace fabricast
