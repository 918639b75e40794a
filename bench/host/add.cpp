#include "bench/host/add.hpp"

#include <Eigen/Core>

namespace fabricast {

namespace {

// Eigen's half and bfloat16 round to nearest even after each addition, as device libraries do.
template <typename T>
void add_as(std::byte* into, const std::byte* from, std::uint64_t count) {
  T* a = reinterpret_cast<T*>(into);
  const T* b = reinterpret_cast<const T*>(from);
  for (std::uint64_t i = 0; i < count; ++i) {
    a[i] = a[i] + b[i];
  }
}

}  // namespace

void add(DataType type, std::byte* into, const std::byte* from, std::uint64_t count) {
  switch (type) {
    case DataType::kFloat32:
      return add_as<float>(into, from, count);
    case DataType::kFloat16:
      return add_as<Eigen::half>(into, from, count);
    case DataType::kBfloat16:
      return add_as<Eigen::bfloat16>(into, from, count);
    case DataType::kInt32:
      return add_as<std::int32_t>(into, from, count);
    case DataType::kInt64:
      return add_as<std::int64_t>(into, from, count);
    default:  // not measured
      return;
  }
}

}  // namespace fabricast
