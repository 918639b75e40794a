// Data parallelism with a full copy of the model on every rank: gradients are reduced in buckets
// while the backward pass goes on.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "bench/patterns/setup.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fabricast {

/// Indices of the tensors in each bucket, in the order given. A bucket is closed as soon as it
/// holds its limit or more, so it may exceed it; `limits` are those of the first, second, ...
/// bucket, and the last one is that of all others.
std::vector<std::vector<std::size_t>> fill_buckets(std::span<const std::uint64_t> bytes,
                                                   std::span<const std::uint64_t> limits);

/// The limits that PyTorch's DistributedDataParallel fills its buckets by, scaled: a small first
/// one, so that communication starts early, then --bucket.
std::vector<std::uint64_t> bucket_limits(const TrainingSetup& setup);

std::string ddp_settings(const TrainingSetup& setup);
TrainingSchedule make_ddp(const TrainingSetup& setup, int rank);

}  // namespace fabricast
