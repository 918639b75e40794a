// The kernels of the memory-bound parts against double precision. Needs a GPU; skipped without one.
#include "kernels/layer_kernels.hpp"
#include "tests/kernels/gpu_memory.hpp"
#include "tests/kernels/layer_samples.hpp"

namespace fabricast {
namespace {

constexpr std::uint64_t kColumns[] = {1, 37, 4096, 5120};
constexpr std::uint64_t kRows[] = {1, 7, 5000};  // 5000: more than the grid has blocks

template <typename Element>
struct TypeOf;
template <>
struct TypeOf<Float16> {
  static constexpr DataType kType = DataType::kFloat16;
};
template <>
struct TypeOf<Bfloat16> {
  static constexpr DataType kType = DataType::kBfloat16;
};
template <>
struct TypeOf<Float32> {
  static constexpr DataType kType = DataType::kFloat32;
};

template <typename T>
GpuBytes on_device(const std::vector<T>& values) {
  GpuBytes memory(values.size() * sizeof(T));
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  memory.set({bytes, bytes + values.size() * sizeof(T)});
  return memory;
}

template <typename T>
std::vector<T> on_host(const GpuBytes& memory) {
  const std::vector<std::byte> bytes = memory.get();
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

template <typename Element>
class LayerKernels : public testing::Test {
 protected:
  using Bits = typename Element::Bits;
  static constexpr DataType kType = TypeOf<Element>::kType;

  void SetUp() override {
    if (const std::string why = why_no_gpu(); !why.empty()) {
      GTEST_SKIP() << why;
    }
  }
  static void expect(const GpuBytes& memory, const std::vector<double>& expected) {
    const auto got = on_host<Bits>(memory);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expect_close<Element>(got[i], expected[i], 1, i);
    }
  }
};

using Elements = testing::Types<Float16, Bfloat16, Float32>;
TYPED_TEST_SUITE(LayerKernels, Elements);

TYPED_TEST(LayerKernels, NormDividesEachRowByItsRootMeanSquare) {
  for (const std::uint64_t columns : kColumns) {
    for (const std::uint64_t rows : kRows) {
      const auto from = random_elements<TypeParam>(rows * columns, 1);
      const auto gain = random_elements<TypeParam>(columns, 2);
      const GpuBytes x = on_device(from);
      const GpuBytes g = on_device(gain);
      const GpuBytes to(from.size() * sizeof from[0]);
      ASSERT_EQ(launch_norm(to.data(), x.data(), g.data(), this->kType, rows, columns, nullptr),
                cudaSuccess);
      this->expect(to, true_norm<TypeParam>(from, gain));
    }
  }
}

TYPED_TEST(LayerKernels, SwigluGatesEachRow) {
  for (const std::uint64_t columns : kColumns) {
    for (const std::uint64_t rows : kRows) {
      const auto from = random_elements<TypeParam>(rows * columns * 2, 3);
      const GpuBytes x = on_device(from);
      const GpuBytes to(rows * columns * sizeof from[0]);
      ASSERT_EQ(launch_swiglu(to.data(), x.data(), this->kType, rows, columns, nullptr),
                cudaSuccess);
      this->expect(to, true_swiglu<TypeParam>(from, columns));
    }
  }
}

TYPED_TEST(LayerKernels, GeluOfEachElement) {
  for (const std::uint64_t count : {1ULL, 37ULL, 9'000'001ULL}) {
    const auto from = random_elements<TypeParam>(count, 4);
    const GpuBytes x = on_device(from);
    const GpuBytes to(count * sizeof from[0]);
    ASSERT_EQ(launch_gelu(to.data(), x.data(), this->kType, count, nullptr), cudaSuccess);
    this->expect(to, true_gelu<TypeParam>(from));
  }
}

TYPED_TEST(LayerKernels, AdamTakesSeveralSteps) {
  constexpr int kSteps = 3;
  for (const std::uint64_t count : {1ULL, 37ULL, 5'000'001ULL}) {
    const auto gradients = random_elements<TypeParam>(count, 5);
    const auto start = random_elements<Float32>(count, 6);
    std::vector<double> parameters;
    for (const auto bits : start) {
      parameters.push_back(double{Float32::widen(bits)});
    }
    const GpuBytes g = on_device(gradients);
    const GpuBytes p = on_device(start);
    const GpuBytes m(count * sizeof(float), 0);
    const GpuBytes v(count * sizeof(float), 0);
    const GpuBytes copy(count * sizeof gradients[0]);
    const AdamState state{g.data(),
                          reinterpret_cast<float*>(p.data()),
                          reinterpret_cast<float*>(m.data()),
                          reinterpret_cast<float*>(v.data()),
                          copy.data(),
                          count};
    for (int t = 1; t <= kSteps; ++t) {
      ASSERT_EQ(launch_adam(state, adam_step(t), this->kType, nullptr), cudaSuccess);
    }
    const auto expected = true_adam<TypeParam>(parameters, gradients, kSteps);
    const auto got = on_host<Float32::Bits>(p);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expect_close<Float32>(got[i], expected[i], 1, i);
    }
    this->expect(copy, expected);
  }
}

TEST(LayerLaunchers, ATypeThatLayersAreNotKeptInIsRefused) {
  EXPECT_EQ(launch_gelu(nullptr, nullptr, DataType::kInt8, 1, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(launch_gelu(nullptr, nullptr, DataType::kFloat32, 0, nullptr), cudaSuccess);
}

}  // namespace
}  // namespace fabricast
