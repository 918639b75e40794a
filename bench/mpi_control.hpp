// The control plane over MPI, and what the host backend needs to know of the job.
#pragma once

#include "bench/control.hpp"
#include "bench/polite_wait.hpp"

#include <mpi.h>

namespace fabricast {

/// Owns MPI between construction and destruction. Collectives of the control plane wait politely.
class MpiControl final : public Control {
 public:
  MpiControl();
  ~MpiControl() override;
  MpiControl(const MpiControl&) = delete;
  MpiControl& operator=(const MpiControl&) = delete;

  [[nodiscard]] int process() const override { return process_; }
  [[nodiscard]] int processes() const override { return processes_; }
  [[nodiscard]] int local_process() const override { return local_process_; }
  [[nodiscard]] int local_processes() const override { return local_processes_; }
  void barrier() override;
  void max_each(std::span<double> values) override;
  std::uint64_t sum(std::uint64_t value) override;
  void broadcast(void* data, std::size_t bytes) override;
  std::vector<double> gather(const std::vector<double>& local) override;
  [[noreturn]] void abort(int exit_code) override;

  /// Processors that the processes of this host may use together.
  [[nodiscard]] int host_processors() const { return host_processors_; }
  /// On some host there are more processes than processors.
  [[nodiscard]] bool oversubscribed() const { return oversubscribed_; }
  [[nodiscard]] MPI_Comm communicator() const { return communicator_; }
  [[nodiscard]] const PoliteWait& wait() const { return wait_; }

 private:
  void finish(MPI_Request request) const;

  MPI_Comm communicator_ = MPI_COMM_NULL;  // ours, so that no message meets the measured ones
  int process_ = 0;
  int processes_ = 1;
  int local_process_ = 0;
  int local_processes_ = 1;
  int host_processors_ = 1;
  bool oversubscribed_ = false;
  PoliteWait wait_{true};
};

}  // namespace fabricast
