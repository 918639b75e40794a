// The control plane of a run: what the processes of a job tell each other outside the timed part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace fabricast {

/// One member per process. Every call but abort is collective: all processes, in the same order.
class Control {
 public:
  virtual ~Control() = default;
  [[nodiscard]] virtual int process() const = 0;  // index of this process
  [[nodiscard]] virtual int processes() const = 0;
  /// Index and count of this process among those of its host.
  [[nodiscard]] virtual int local_process() const = 0;
  [[nodiscard]] virtual int local_processes() const = 0;
  virtual void barrier() = 0;
  /// Element-wise maximum over processes, in place: every process gets the same doubles, and so
  /// takes the same decisions from them.
  virtual void max_each(std::span<double> values) = 0;
  virtual std::uint64_t sum(std::uint64_t value) = 0;
  /// Every process gets process 0's bytes; all pass a buffer of the same size.
  virtual void broadcast(void* data, std::size_t bytes) = 0;
  /// Process 0 gets everybody's values in order, the others an empty vector.
  virtual std::vector<double> gather(const std::vector<double>& local) = 0;
  /// Ends the whole job at once: for a process that cannot go on while others would wait for it.
  [[noreturn]] virtual void abort(int exit_code) = 0;

  [[nodiscard]] bool is_root() const { return process() == 0; }
  double max(double value) {
    max_each(std::span(&value, 1));
    return value;
  }
  double min(double value) { return -max(-value); }
};

/// The control plane of a single process.
std::unique_ptr<Control> make_solo_control();

}  // namespace fabricast
