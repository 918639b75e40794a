#include "bench/patterns/ddp.hpp"

#include "core/size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fabricast {

namespace {

// torch.distributed's _DEFAULT_FIRST_BUCKET_BYTES.
constexpr std::uint64_t kFirstBucketBytes = 1ULL << 20;

std::uint64_t scaled_bytes(std::uint64_t bytes, double scale) {
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::llround(static_cast<double>(bytes) * scale)));
}

}  // namespace

std::vector<std::vector<std::size_t>> fill_buckets(std::span<const std::uint64_t> bytes,
                                                   std::span<const std::uint64_t> limits) {
  std::vector<std::vector<std::size_t>> buckets;
  std::uint64_t held = 0;
  bool open = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!open) {
      buckets.emplace_back();
      held = 0;
    }
    buckets.back().push_back(i);
    held += bytes[i];
    open = held < limits[std::min(buckets.size(), limits.size()) - 1];
  }
  return buckets;
}

std::vector<std::uint64_t> bucket_limits(const TrainingSetup& setup) {
  return {scaled_bytes(std::min(kFirstBucketBytes, setup.bucket_bytes), setup.scale),
          scaled_bytes(setup.bucket_bytes, setup.scale)};
}

std::string ddp_settings(const TrainingSetup& setup) {
  return fmt::format("buckets of {} before scaling", format_size(setup.bucket_bytes));
}

TrainingSchedule make_ddp(const TrainingSetup& setup, int rank) {
  ScaledModel model = scaled(setup);
  // Gradients come into being from the last tensor to the first.
  std::reverse(model.tensors.begin(), model.tensors.end());
  std::vector<std::uint64_t> bytes;
  for (const auto& tensor : model.tensors) {
    bytes.push_back(tensor.count * static_cast<std::uint64_t>(info(setup.type).bytes));
  }
  ScheduleBuilder builder({
      {"data", 0, rank, setup.ranks}
  });
  for (const auto& bucket : fill_buckets(bytes, bucket_limits(setup))) {
    std::uint64_t count = 0;
    for (const std::size_t i : bucket) {
      builder.compute(2 * model.tensors[i].forward_flops);
      count += model.tensors[i].count;
    }
    builder.start(TransferKind::kAllReduce, 0, count);
  }
  return builder.finish();
}

}  // namespace fabricast
