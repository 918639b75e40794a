#include "bench/host/reduce.hpp"

#include "bench/host/float8.hpp"

#include <Eigen/Core>
#include <algorithm>

namespace fabricast {

namespace {

template <typename T, typename Combine>
void combine(std::byte* into, const std::byte* from, std::uint64_t count, Combine op) {
  T* a = reinterpret_cast<T*>(into);
  const T* b = reinterpret_cast<const T*>(from);
  for (std::uint64_t i = 0; i < count; ++i) {
    a[i] = static_cast<T>(op(a[i], b[i]));
  }
}

// `Wide` is what T is computed in: T itself, or float for those without arithmetic of their own.
template <typename T, typename Wide = T>
void reduce_as(ReduceOp op, std::byte* into, const std::byte* from, std::uint64_t count) {
  const auto run = [&](auto f) {
    combine<T>(into, from, count, [f](const T& a, const T& b) {
      return f(static_cast<Wide>(a), static_cast<Wide>(b));
    });
  };
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kAvg:
      return run([](Wide a, Wide b) { return a + b; });
    case ReduceOp::kProd:
      return run([](Wide a, Wide b) { return a * b; });
    case ReduceOp::kMin:
      return run([](Wide a, Wide b) { return std::min(a, b); });
    case ReduceOp::kMax:
      return run([](Wide a, Wide b) { return std::max(a, b); });
  }
}

}  // namespace

void reduce(
    ReduceOp op, DataType type, std::byte* into, const std::byte* from, std::uint64_t count) {
  switch (type) {
    case DataType::kFloat32:
      return reduce_as<float>(op, into, from, count);
    case DataType::kFloat64:
      return reduce_as<double>(op, into, from, count);
    case DataType::kFloat16:
      return reduce_as<Eigen::half, float>(op, into, from, count);
    case DataType::kBfloat16:
      return reduce_as<Eigen::bfloat16, float>(op, into, from, count);
    case DataType::kFloat8E4M3:
      return reduce_as<Float8E4M3, float>(op, into, from, count);
    case DataType::kFloat8E5M2:
      return reduce_as<Float8E5M2, float>(op, into, from, count);
    case DataType::kInt8:
      return reduce_as<std::int8_t>(op, into, from, count);
    case DataType::kUint8:
      return reduce_as<std::uint8_t>(op, into, from, count);
    case DataType::kInt32:
      return reduce_as<std::int32_t>(op, into, from, count);
    case DataType::kUint32:
      return reduce_as<std::uint32_t>(op, into, from, count);
    case DataType::kInt64:
      return reduce_as<std::int64_t>(op, into, from, count);
    case DataType::kUint64:
      return reduce_as<std::uint64_t>(op, into, from, count);
  }
}

}  // namespace fabricast
