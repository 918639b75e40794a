#include "bench/compute/compute_backend.hpp"
#include "bench/compute/operands.hpp"
#include "bench/compute/random_values.hpp"
#include "bench/machine.hpp"
#include "kernels/layer_body.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <tuple>
#include <unistd.h>

namespace fabricast {

namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Factor = Eigen::Map<const RowMajor>;
using Bits = Float32::Bits;

const Worker kAlone;

Factor factor(const void* data, std::uint64_t rows, std::uint64_t columns) {
  return {static_cast<const float*>(data),
          static_cast<Eigen::Index>(rows),
          static_cast<Eigen::Index>(columns)};
}

void multiply(const ComputeCase& c, const std::vector<void*>& buffers) {
  const auto [m, n, k] = std::tuple(c.work.m, c.work.n, c.work.k);
  Eigen::Map<RowMajor> result(
      static_cast<float*>(buffers[2]), static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(n));
  const ProductLayout layout = layout_of(c);
  if (layout.b_by_columns) {
    result.noalias() = factor(buffers[0], m, k) * factor(buffers[1], n, k).transpose();
  } else if (layout.a_by_rows) {
    result.noalias() = factor(buffers[0], m, k) * factor(buffers[1], k, n);
  } else {
    result.noalias() = factor(buffers[0], k, m).transpose() * factor(buffers[1], k, n);
  }
}

void normalize(const LayerWork& w, const std::vector<void*>& buffers) {
  for (std::uint64_t row = 0; row < w.m; ++row) {
    const Bits* from = static_cast<const Bits*>(buffers[0]) + row * w.n;
    scale_row<Float32>(static_cast<Bits*>(buffers[2]) + row * w.n,
                       from,
                       static_cast<const Bits*>(buffers[1]),
                       norm_factor(square_sum<Float32>(from, w.n, kAlone), w.n),
                       w.n,
                       kAlone);
  }
}

void run_case(const ComputeCase& c, const std::vector<void*>& buffers, int step) {
  const LayerWork& w = c.work;
  const auto bits = [&](std::size_t operand) { return static_cast<Bits*>(buffers[operand]); };
  const auto floats = [&](std::size_t operand) { return static_cast<float*>(buffers[operand]); };
  switch (w.part) {
    case LayerPart::kNorm:
      return normalize(w, buffers);
    case LayerPart::kResidual:
      return reduce_elements<Float32>(bits(2),
                                      Inputs{
                                          .data = {bits(0), bits(1)},
                                            .number = 2
      },
                                      w.m * w.n,
                                      kAlone);
    case LayerPart::kSwiglu:
      return swiglu_elements<Float32>(bits(1), bits(0), w.m, w.n, kAlone);
    case LayerPart::kGelu:
      return gelu_elements<Float32>(bits(1), bits(0), w.m * w.n, kAlone);
    case LayerPart::kOptimizer:
      return adam_elements<Float32>(
          {buffers[0], floats(1), floats(2), floats(3), nullptr, w.m * w.n},
          adam_step(step),
          kAlone);
    default:
      return multiply(c, buffers);
  }
}

class HostCompute final : public ComputeBackend {
 public:
  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] std::string machine() const override { return processor_name(); }
  [[nodiscard]] std::map<std::string, std::string> versions() const override {
    return {
        {"eigen",
         fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)}
    };
  }
  [[nodiscard]] std::vector<std::string> warnings() const override {
    return {"one processor of this host: its rates say nothing of a GPU's"};
  }
  [[nodiscard]] ComputeType usual_type() const override { return ComputeType::kFloat32; }
  [[nodiscard]] std::string why_not(const ComputeCase& c) override {
    return c.type == ComputeType::kFloat32
               ? ""
               : fmt::format("the host computes in float32, not in {}", fabricast::name(c.type));
  }
  [[nodiscard]] std::uint64_t available_memory() const override {
    return fabricast::available_memory();
  }
  [[nodiscard]] std::uint64_t cache_bytes() const override {
    return static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_LEVEL3_CACHE_SIZE)));
  }

  [[nodiscard]] std::shared_ptr<void> allocate(std::uint64_t bytes) override {
    constexpr std::uint64_t kAlignment = 256;
    void* memory =
        std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    if (memory == nullptr) {
      throw std::bad_alloc();
    }
    return {memory, std::free};
  }
  void fill_random(void* data,
                   DataType type,
                   std::uint64_t elements,
                   std::uint64_t shift) override {
    const auto& table = random_values(type).bits();
    const auto width = static_cast<std::size_t>(info(type).bytes);
    for (std::uint64_t i = 0; i < elements; ++i) {
      std::memcpy(static_cast<std::byte*>(data) + i * width,
                  &table[(shift + i) % RandomValues::kPeriod],
                  width);
    }
  }
  void fill_bytes(void* data, int value, std::uint64_t bytes) override {
    std::memset(data, value, bytes);
  }
  void read(void* to, const void* from, std::size_t bytes) override {
    std::memcpy(to, from, bytes);
  }
  void write(void* to, const void* from, std::size_t bytes) override {
    std::memcpy(to, from, bytes);
  }

  [[nodiscard]] ComputeCall prepare(const ComputeCase& c) override {
    return [c](const std::vector<void*>& buffers, int step) { run_case(c, buffers, step); };
  }
  [[nodiscard]] Seconds timed(const std::function<void()>& calls) override {
    const auto start = std::chrono::steady_clock::now();
    calls();
    return Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
};

}  // namespace

std::unique_ptr<ComputeBackend> make_host_compute() { return std::make_unique<HostCompute>(); }

}  // namespace fabricast
