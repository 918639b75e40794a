// Fill and check of device buffers, queued on a stream. Zero elements launch nothing.
#pragma once

#include "core/pattern.hpp"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace fabricast {

/// Writes `count` elements of `width` bytes (1, 2, 4 or 8). A table in `pattern` must be device
/// memory, as `data` is, of the current device. Other widths give cudaErrorInvalidValue.
[[nodiscard]] cudaError_t launch_fill(
    void* data, int width, std::uint64_t count, const PatternView& pattern, cudaStream_t stream);

/// Adds the number of elements that differ from the pattern to `*wrong` (device memory).
[[nodiscard]] cudaError_t launch_check(const void* data,
                                       int width,
                                       std::uint64_t count,
                                       const PatternView& pattern,
                                       unsigned long long* wrong,
                                       cudaStream_t stream);

}  // namespace fabricast
