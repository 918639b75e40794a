// Collectives among virtual ranks of the current device, one cooperative launch each.
#pragma once

#include "core/datatype.hpp"
#include "kernels/onchip_body.hpp"

#include <cuda_runtime_api.h>

namespace fabricast {

/// Channels with which all blocks of `ranks` ranks fit on the current device at once, at most
/// kMaxChannels; 0 where not even one fits. Types as launch_reduce has them, else
/// cudaErrorInvalidValue.
[[nodiscard]] cudaError_t onchip_channels(OnchipProtocol protocol,
                                          DataType type,
                                          int ranks,
                                          int* channels);

/// Queues the collective for all ranks. Blocks wait for each other, so either all of them are
/// resident or the launch is refused (cudaErrorCooperativeLaunchTooLarge). Buffers are as large as
/// core/pattern.hpp's extents() say and do not overlap; a workspace serves one call at a time.
/// float16 and bfloat16 are rounded at every step of a ring, once elsewhere.
[[nodiscard]] cudaError_t launch_onchip(const OnchipCall& call, DataType type, cudaStream_t stream);

}  // namespace fabricast
