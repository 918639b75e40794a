// One case on the ranks of this process: NCCL's call, or a graph that holds it, with its buffers,
// clocks and checks.
#pragma once

#include "bench/backends/nccl_collectives.hpp"
#include "bench/backends/nccl_first_call.hpp"
#include "bench/backends/nccl_memory.hpp"
#include "bench/backends/nccl_ranks.hpp"
#include "bench/backends/rank_buffers.hpp"
#include "core/pattern.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace fabricast {

/// An operator that a communicator made: a sum of each rank's data times kPreFactor.
class PreMulSum {
 public:
  PreMulSum() = default;
  PreMulSum(DataType type, const LocalRank& rank);
  PreMulSum(PreMulSum&& other) noexcept { *this = std::move(other); }
  PreMulSum& operator=(PreMulSum&& other) noexcept {
    std::swap(rank_, other.rank_);
    std::swap(op_, other.op_);
    return *this;
  }
  PreMulSum(const PreMulSum&) = delete;
  PreMulSum& operator=(const PreMulSum&) = delete;
  ~PreMulSum();

  [[nodiscard]] ncclRedOp_t get() const { return op_; }

 private:
  const LocalRank* rank_ = nullptr;
  ncclRedOp_t op_ = ncclSum;
};

class NcclOperation final : public Operation {
 public:
  /// Collective over the communicators. `ranks` outlives it.
  NcclOperation(NcclRanks& ranks, const Case& c, const GpuOptions& options);
  ~NcclOperation() override;
  NcclOperation(const NcclOperation&) = delete;
  NcclOperation& operator=(const NcclOperation&) = delete;

  void fill(std::uint64_t iteration) override;
  std::vector<RankTime> run() override;
  std::uint64_t wrong_elements(std::uint64_t iteration) override;
  void flip_bit(std::uint64_t random) override;
  [[nodiscard]] std::optional<Chosen> chosen() const override { return first_call_.chosen(); }

  /// Whether every window that was asked for is in use.
  [[nodiscard]] bool windows_taken() const;

 private:
  // What a rank needs beside its communicator and stream.
  struct RankWork {
    RankBuffers buffers;
    Registrations registrations;
    PreMulSum pre_mul_sum;
    Event start;
    Event stop;
    GraphExec graph;
  };

  [[nodiscard]] NcclCall call_of(std::size_t i, const LocalRank& r) const;
  void prepare(RankWork& work, const LocalRank& r);
  void call(std::size_t i, const LocalRank& r) const;
  void capture(std::size_t i, const LocalRank& r);
  void start(std::size_t i, const LocalRank& r) const;
  [[nodiscard]] Seconds device_time(std::size_t i) const;

  NcclRanks& ranks_;
  Case case_;
  GpuOptions options_;
  const NcclCollective& row_;
  Pattern pattern_;
  std::vector<RankWork> work_;  // by local rank
  NcclFirstCall first_call_;
};

}  // namespace fabricast
