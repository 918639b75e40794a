// Tensor parallelism: every matrix is split over the ranks, whose partial activations meet twice
// per layer and pass.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "bench/patterns/setup.hpp"

#include <string>

namespace fabricast {

/// A layer split over a group of a schedule; the 3-d pattern uses it too.
class SplitLayer {
 public:
  SplitLayer(const ScaledModel& model, bool sequence_parallel, std::size_t group)
      : model_(model), sequence_parallel_(sequence_parallel), group_(group) {}

  /// Attention, then feed-forward: the next waits for the activations of the one before.
  void forward(ScheduleBuilder& builder, std::uint64_t layer) const;
  /// The gradients of the activations travel while those of the weights are computed.
  void backward(ScheduleBuilder& builder, std::uint64_t layer) const;

 private:
  [[nodiscard]] double flops(const ScheduleBuilder& builder,
                             std::uint64_t layer,
                             TensorRole role) const;
  [[nodiscard]] std::size_t start_sum(ScheduleBuilder& builder) const;
  void gather(ScheduleBuilder& builder) const;

  const ScaledModel& model_;
  bool sequence_parallel_;
  std::size_t group_;
};

/// Throws Error where the heads do not divide over the ranks.
std::string tensor_parallel_settings(const TrainingSetup& setup);
TrainingSchedule make_tensor_parallel(const TrainingSetup& setup, int rank);

/// Throws Error where `heads` do not divide over `ranks`.
void refuse_split_heads(std::uint64_t heads, int ranks);

}  // namespace fabricast
