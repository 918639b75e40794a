// The kernels against the pattern on the host. Needs a GPU; skipped without one.
#include "kernels/pattern_kernels.hpp"

#include "core/datatype.hpp"
#include "kernels/pattern_body.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace fabricast {
namespace {

bool have_gpu() {
  int driver = 0;
  int count = 0;
  return cudaDriverGetVersion(&driver) == cudaSuccess && driver > 0 &&
         cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

// Device memory with a copy to and from the host, for tests: nothing is freed before the end.
template <typename T>
T* on_device(const std::vector<T>& values) {
  T* memory = nullptr;
  EXPECT_EQ(cudaMalloc(reinterpret_cast<void**>(&memory), values.size() * sizeof(T) + 1),
            cudaSuccess);
  EXPECT_EQ(cudaMemcpy(memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
            cudaSuccess);
  return memory;
}

class PatternKernels : public testing::TestWithParam<DataType> {
 protected:
  void SetUp() override {
    if (!have_gpu()) {
      GTEST_SKIP() << "no GPU here";
    }
  }
};

// One element, around a block of threads, and more than the grid holds at once.
TEST_P(PatternKernels, FillAndCheckAgreeWithTheHost) {
  const auto width = static_cast<std::size_t>(info(GetParam()).bytes);
  const Pattern pattern(GetParam(), 8);
  const Pattern::Tables tables{on_device(pattern.contributions()), on_device(pattern.results())};
  for (const std::uint64_t count : {0ULL, 1ULL, 255ULL, 256ULL, 257ULL, 3'000'001ULL}) {
    for (const Collective c : {Collective::kAllReduce, Collective::kAllToAll}) {
      const PatternView there = pattern.sent(c, 3, 11, tables);
      const PatternView here = pattern.sent(c, 3, 11, pattern.tables());
      std::vector<std::byte> data(count * width);
      std::byte* device = on_device(data);
      unsigned long long* wrong = on_device(std::vector<unsigned long long>{0});

      ASSERT_EQ(launch_fill(device, info(GetParam()).bytes, count, there, nullptr), cudaSuccess);
      ASSERT_EQ(cudaMemcpy(data.data(), device, data.size(), cudaMemcpyDeviceToHost), cudaSuccess);
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t bits = here.bits(i);
        ASSERT_EQ(std::memcmp(&data[i * width], &bits, width), 0) << i << " of " << count;
      }

      // Right data, then one flipped bit in the last element.
      for (unsigned long long expected = 0; expected < (count > 0 ? 2U : 1U); ++expected) {
        ASSERT_EQ(launch_check(device, info(GetParam()).bytes, count, there, wrong, nullptr),
                  cudaSuccess);
        unsigned long long found = 0;
        ASSERT_EQ(cudaMemcpy(&found, wrong, sizeof found, cudaMemcpyDeviceToHost), cudaSuccess);
        EXPECT_EQ(found, expected) << count;
        if (count > 0) {
          data.back() ^= std::byte{0x10};
          ASSERT_EQ(cudaMemcpy(device, data.data(), data.size(), cudaMemcpyHostToDevice),
                    cudaSuccess);
        }
      }
      EXPECT_EQ(cudaFree(device), cudaSuccess);
    }
  }
}

TEST_P(PatternKernels, AWidthThatNoTypeHasIsRefused) {
  std::byte* device = on_device(std::vector<std::byte>(64));
  EXPECT_EQ(launch_fill(device, 3, 4, PatternView{}, nullptr), cudaErrorInvalidValue);
}

INSTANTIATE_TEST_SUITE_P(
    Types,
    PatternKernels,
    testing::Values(DataType::kInt8, DataType::kBfloat16, DataType::kFloat32, DataType::kInt64),
    [](const auto& row) { return std::string(name(row.param)); });

}  // namespace
}  // namespace fabricast
