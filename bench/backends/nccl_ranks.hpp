// The ranks of a communicator that live in this process: a GPU, a stream and a host thread each.
#pragma once

#include "bench/backends/cuda.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/backends/nccl_api.hpp"
#include "bench/backends/nvml.hpp"
#include "bench/backends/rank_threads.hpp"
#include "bench/control.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

struct LocalRank {
  int rank = 0;      // of the whole job
  int position = 0;  // in its communicator
  int device = 0;    // among the GPUs that this process sees
  std::string gpu;
  std::uint64_t total_bytes = 0;
  int architecture = 0;  // compute capability x 10
  GpuUuid uuid{};
  Stream stream;
  Communicator parent;        // of the whole job, where that was split
  Communicator communicator;  // that collectives run on; empty after an error
};

class NcclRanks {
 public:
  using Job = std::function<void(std::size_t index, const LocalRank& r)>;

  /// Collective. Every process brings the same number of GPUs. Throws Error; ends the process with
  /// exit code 3 when NCCL's start hangs.
  NcclRanks(Control& control, const std::vector<int>& devices, const GpuOptions& options);
  ~NcclRanks();
  NcclRanks(const NcclRanks&) = delete;
  NcclRanks& operator=(const NcclRanks&) = delete;

  /// Of each communicator.
  [[nodiscard]] int ranks() const { return ranks_; }
  /// Ranks of a communicator on its first node, where the job's nodes hold so many.
  [[nodiscard]] int ranks_per_node(int of_job) const;
  /// "init" and "split": what making the communicators took this process.
  [[nodiscard]] const std::map<std::string, Seconds>& setup() const { return setup_; }
  [[nodiscard]] const std::vector<LocalRank>& local() const { return local_; }

  /// Runs the job for every local rank at once, with its GPU current. Errors name the rank.
  void on_every_rank(const Job& job);

  /// The same for jobs that call NCCL. After an error the communicators are aborted and every
  /// further call throws: nobody knows what the other ranks have done by then.
  void collective(const Job& job);

  /// The same from one thread and in one group: `call` queues each rank's work, then every rank's
  /// stream is waited for. Returns each rank's time from the common start.
  std::vector<Seconds> grouped(const Job& call);

  /// In jobs: waits until every local rank is here.
  void meet() { threads_.meet(); }
  /// In jobs: waits until the stream is empty. An error in NCCL's background or on another local
  /// rank ends the wait. The communicator is that of the rank when the job began.
  void wait(cudaStream_t stream, ncclComm_t communicator) const;

 private:
  void open_devices();
  void join(const ncclUniqueId& id, const GpuOptions& options);
  void split(const SplitRule& rule);
  template <typename Step>
  void timed(const char* what, const Step& step);
  void run(const Job& job, const RankThreads::Release& release);
  void abort_all();
  static void abort(LocalRank& r);
  void refuse_aborted() const;

  int all_ranks_;
  int ranks_;
  std::optional<SplitRule> rule_;
  std::map<std::string, Seconds> setup_;
  std::vector<LocalRank> local_;
  RankThreads threads_;
};

}  // namespace fabricast
