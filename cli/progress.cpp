#include "cli/progress.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace fabricast {

Progress::Progress(std::size_t total, bool visible)
    : total_(total), visible_(visible), terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (visible_ && terminal_ && done_ > 0) {
    fmt::print(stderr, "\r\033[K");
  }
}

void Progress::step(const std::string& what) {
  ++done_;
  const Clock::time_point now = Clock::now();
  const bool due = terminal_ || done_ == total_ || now - last_ > std::chrono::seconds(5);
  if (!visible_ || !due) {
    return;
  }
  last_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double left = elapsed / static_cast<double>(done_) * static_cast<double>(total_ - done_);
  const std::string line = fmt::format("[{}/{}] {}; {:.0f} s left", done_, total_, what, left);
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{:.99}", line);
  } else {
    fmt::print(stderr, "{}\n", line);
  }
}

}  // namespace fabricast
