// What a training pattern is made from: the model, its scale, and the choices of the job.
#pragma once

#include "core/datatype.hpp"
#include "core/workload.hpp"

#include <cstdint>
#include <vector>

namespace fabricast {

struct TrainingSetup {
  Workload workload;
  /// Share of the parameters that runs, 0 < scale <= 1. Every matrix has sqrt(scale) of each of its
  /// dimensions and a step sqrt(scale) of the tokens, so that all messages shrink by `scale`, all
  /// matrix products by its power 3/2, and the number of layers, tensors and messages stays.
  double scale = 1;
  DataType type = DataType::kFloat32;
  int ranks = 1;
  std::uint64_t tokens = 2048;  // of a rank in a step, or in a micro-batch, before scaling

  std::uint64_t bucket_bytes = 25ULL << 20;  // ddp, 3d: before scaling
  int prefetch = 1;                          // fsdp: layers gathered ahead
  bool sequence_parallel = false;            // tp: reduce-scatter and all-gather
  double skew = 1;                           // ep: exponent of the experts' popularity; 0 is even
  std::uint64_t seed = 1;                    // ep: of the router
  int microbatches = 8;                      // pp, 3d
  int tensor_parallel = 0;                   // 3d: ranks; 0: 2 where that divides
  int pipeline_parallel = 0;                 // 3d: stages; 0: 2 where that divides
};

struct ScaledTensor {
  TensorRole role;
  std::uint64_t layer;   // as in ParameterTensor
  std::uint64_t count;   // elements; at least 1
  double forward_flops;  // of one step's tokens; the backward pass takes twice as many
};

/// A workload after scaling.
struct ScaledModel {
  std::vector<ScaledTensor> tensors;  // in forward order
  std::uint64_t layers = 0;
  std::uint64_t tokens = 1;
  std::uint64_t hidden = 1;

  [[nodiscard]] std::uint64_t activation() const { return tokens * hidden; }
  [[nodiscard]] std::uint64_t parameters() const;
  /// Tensors of one layer; those with `role` alone.
  [[nodiscard]] std::uint64_t layer_count(std::uint64_t layer) const;
  [[nodiscard]] double forward_flops(std::uint64_t layer) const;
  [[nodiscard]] double forward_flops(std::uint64_t layer, TensorRole role) const;
};
ScaledModel scaled(const TrainingSetup& setup);

/// Parameters of which a laptop runs a step in a fraction of a second, and a GPU in milliseconds.
inline constexpr double kParametersOnHost = 1e7;
inline constexpr double kParametersOnGpu = 1e9;

/// The largest power of ten that leaves at most so many parameters; at most 1.
double default_scale(const Workload& workload, double parameters = kParametersOnHost);

}  // namespace fabricast
