// The memory-bound parts of a layer on device buffers, queued on a stream. No elements launch
// nothing. Buffers start at multiples of 16 bytes; other types than float16, bfloat16 and float32
// give cudaErrorInvalidValue. Formulas: kernels/layer_body.hpp.
#pragma once

#include "core/datatype.hpp"
#include "kernels/layer_body.hpp"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace fabricast {

/// Root mean square normalisation of each row, times gain[column]. Moves 2 x rows x columns.
[[nodiscard]] cudaError_t launch_norm(void* to,
                                      const void* from,
                                      const void* gain,
                                      DataType type,
                                      std::uint64_t rows,
                                      std::uint64_t columns,
                                      cudaStream_t stream);

/// silu(gate) x up of rows that hold both, 2 x columns elements. Moves 3 x rows x columns.
[[nodiscard]] cudaError_t launch_swiglu(void* to,
                                        const void* from,
                                        DataType type,
                                        std::uint64_t rows,
                                        std::uint64_t columns,
                                        cudaStream_t stream);

/// Moves 2 x count.
[[nodiscard]] cudaError_t launch_gelu(
    void* to, const void* from, DataType type, std::uint64_t count, cudaStream_t stream);

/// One step of the optimizer; `type` is that of the gradients and of the copy.
[[nodiscard]] cudaError_t launch_adam(const AdamState& state,
                                      const AdamStep& step,
                                      DataType type,
                                      cudaStream_t stream);

}  // namespace fabricast
