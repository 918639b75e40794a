// Copy and sum of device buffers, queued on a stream. Zero bytes launch nothing.
#pragma once

#include "core/datatype.hpp"
#include "kernels/copy_reduce_body.hpp"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace fabricast {

/// Copies `bytes` between buffers of any alignment that do not overlap. Moves 2 x bytes.
[[nodiscard]] cudaError_t launch_copy(void* to,
                                      const void* from,
                                      std::uint64_t bytes,
                                      cudaStream_t stream);

/// to[i] = sum of 1 to kMaxInputs inputs in their order; float16 and bfloat16 are added in float32
/// and rounded once, integers wrap. `to` may be one of the inputs and overlaps none otherwise.
/// Moves (inputs + 1) x count x element. Buffers start at multiples of the element; other types
/// than float16, bfloat16, float32, float64, int32 and int64, and other numbers of inputs, give
/// cudaErrorInvalidValue.
[[nodiscard]] cudaError_t launch_reduce(
    void* to, const Inputs& inputs, DataType type, std::uint64_t count, cudaStream_t stream);

}  // namespace fabricast
