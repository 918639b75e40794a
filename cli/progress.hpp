// Progress of a list of cases on stderr, with the time left.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace fabricast {

/// On a terminal one line that is rewritten; elsewhere a line at most every five seconds.
class Progress {
 public:
  Progress(std::size_t total, bool visible);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// One more case is done.
  void step(const std::string& what);

 private:
  using Clock = std::chrono::steady_clock;
  std::size_t total_;
  std::size_t done_ = 0;
  bool visible_;
  bool terminal_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace fabricast
