// The memory-bound parts of a layer, run on the CPU as a few blocks of "threads".
#include "kernels/layer_body.hpp"

#include "tests/kernels/layer_samples.hpp"

namespace fabricast {
namespace {

constexpr std::uint64_t kBlocks = 3;
constexpr std::uint64_t kThreads = 4;
constexpr std::uint64_t kColumns[] = {1, 3, 8, 37, 64, 1000};
constexpr std::uint64_t kRows = 5;

template <typename Body>
void on_all_workers(const Body& body) {
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      body(Worker{block, kBlocks, thread, kThreads});
    }
  }
}

template <typename Element>
class LayerBody : public testing::Test {
 public:
  using Bits = typename Element::Bits;
  static constexpr Bits kUntouched = 0x1234;

  // One more than is written, to see writes past the end.
  static std::vector<Bits> output(std::uint64_t count) {
    return std::vector<Bits>(count + 1, kUntouched);
  }
  static void expect(const std::vector<Bits>& got, const std::vector<double>& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expect_close<Element>(got[i], expected[i], 1, i);
    }
    EXPECT_EQ(got[expected.size()], kUntouched);
  }
};

using Elements = testing::Types<Float16, Bfloat16, Float32>;
TYPED_TEST_SUITE(LayerBody, Elements);

TYPED_TEST(LayerBody, NormDividesEachRowByItsRootMeanSquare) {
  for (const std::uint64_t columns : kColumns) {
    const auto from = random_elements<TypeParam>(kRows * columns, 1);
    const auto gain = random_elements<TypeParam>(columns, 2);
    auto to = this->output(from.size());
    for (std::uint64_t row = 0; row < kRows; ++row) {
      const auto* x = from.data() + row * columns;
      float squares = 0;
      for (std::uint64_t t = 0; t < kThreads; ++t) {
        squares += square_sum<TypeParam>(x, columns, Worker{row, kRows, t, kThreads});
      }
      for (std::uint64_t t = 0; t < kThreads; ++t) {
        scale_row<TypeParam>(to.data() + row * columns,
                             x,
                             gain.data(),
                             norm_factor(squares, columns),
                             columns,
                             Worker{row, kRows, t, kThreads});
      }
    }
    this->expect(to, true_norm<TypeParam>(from, gain));
  }
}

TYPED_TEST(LayerBody, SwigluGatesEachRow) {
  for (const std::uint64_t columns : kColumns) {
    const auto from = random_elements<TypeParam>(kRows * columns * 2, 3);
    auto to = this->output(kRows * columns);
    on_all_workers([&](const Worker& w) {
      swiglu_elements<TypeParam>(to.data(), from.data(), kRows, columns, w);
    });
    this->expect(to, true_swiglu<TypeParam>(from, columns));
  }
}

TYPED_TEST(LayerBody, GeluOfEachElement) {
  for (const std::uint64_t count : kColumns) {
    const auto from = random_elements<TypeParam>(count, 4);
    auto to = this->output(count);
    on_all_workers(
        [&](const Worker& w) { gelu_elements<TypeParam>(to.data(), from.data(), count, w); });
    this->expect(to, true_gelu<TypeParam>(from));
  }
}

TYPED_TEST(LayerBody, AdamTakesSeveralStepsAndRoundsTheCopy) {
  constexpr int kSteps = 5;
  for (const std::uint64_t count : kColumns) {
    const auto gradients = random_elements<TypeParam>(count, 5);
    const auto start = random_elements<Float32>(count, 6);
    std::vector<float> parameters(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      parameters[i] = Float32::widen(start[i]);
    }
    const std::vector<double> expected =
        true_adam<TypeParam>({parameters.begin(), parameters.end()}, gradients, kSteps);
    std::vector<float> m(count);
    std::vector<float> v(count);
    auto copy = this->output(count);
    const AdamState state{
        gradients.data(), parameters.data(), m.data(), v.data(), copy.data(), count};
    for (int t = 1; t <= kSteps; ++t) {
      on_all_workers([&](const Worker& w) { adam_elements<TypeParam>(state, adam_step(t), w); });
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      expect_close<Float32>(Float32::narrow(parameters[i]), expected[i], 1, i);
      EXPECT_EQ(copy[i], TypeParam::narrow(parameters[i]));
    }
    EXPECT_EQ(copy[count], this->kUntouched);
  }
}

TEST(LayerElements, OtherTypesAreRefused) {
  EXPECT_TRUE(with_float_element(DataType::kBfloat16, [](auto) {}));
  EXPECT_FALSE(with_float_element(DataType::kInt32, [](auto) {}));
  EXPECT_FALSE(with_float_element(DataType::kFloat64, [](auto) {}));
}

}  // namespace
}  // namespace fabricast
