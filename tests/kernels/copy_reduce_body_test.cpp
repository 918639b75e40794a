// Copy and sum of the kernels, run on the CPU as a few blocks of "threads".
#include "kernels/copy_reduce_body.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace fabricast {
namespace {

constexpr std::uint64_t kBlocks = 3;
constexpr std::uint64_t kThreads = 4;
constexpr std::uint64_t kCounts[] = {0, 1, 2, 3, 7, 8, 37, 64, 1000, 4099};

template <typename Body>
void on_all_workers(const Body& body) {
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      body(Worker{block, kBlocks, thread, kThreads});
    }
  }
}

// 16-byte aligned memory with room to start anywhere in a line, and to see writes outside.
class Memory {
 public:
  static constexpr std::uint64_t kMargin = 64;
  static constexpr unsigned char kUntouched = 0xA5;

  Memory(std::uint64_t bytes, std::uint64_t offset)
      : bytes_(bytes), offset_(offset), lines_((bytes + 2 * kMargin) / sizeof(Line) + 2) {
    std::memset(lines_.data(), kUntouched, lines_.size() * sizeof(Line));
  }
  unsigned char* data() {
    return reinterpret_cast<unsigned char*>(lines_.data()) + kMargin + offset_;
  }
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data());
  }
  bool untouched_outside() {
    const auto* first = reinterpret_cast<const unsigned char*>(lines_.data());
    const auto* last = first + lines_.size() * sizeof(Line);
    for (const auto* at = first; at != last; ++at) {
      if ((at < data() || at >= data() + bytes_) && *at != kUntouched) {
        return false;
      }
    }
    return true;
  }

 private:
  std::uint64_t bytes_;
  std::uint64_t offset_;
  std::vector<Line> lines_;
};

TEST(CopyBody, CopiesEveryByteAndNothingElseFromAnyAlignmentToAnyOther) {
  std::mt19937 random(1);
  for (const std::uint64_t bytes : kCounts) {
    for (std::uint64_t to = 0; to < 16; ++to) {
      for (std::uint64_t from = 0; from < 16; ++from) {
        Memory source(bytes, from);
        Memory target(bytes, to);
        for (std::uint64_t i = 0; i < bytes; ++i) {
          source.data()[i] = static_cast<unsigned char>(random());
        }
        on_all_workers(
            [&](const Worker& w) { copy_bytes(target.data(), source.data(), bytes, w); });
        ASSERT_EQ(std::memcmp(target.data(), source.data(), bytes), 0)
            << bytes << " bytes, " << from << " to " << to;
        ASSERT_TRUE(target.untouched_outside()) << bytes << " bytes, " << from << " to " << to;
      }
    }
  }
}

// Values whose sums depend on how they are rounded, with the sum as it is promised.
template <typename Element>
struct Truth;
template <>
struct Truth<Float32> {
  using Real = float;
  static float sum(const std::vector<float>& v) {
    float s = v[0];
    for (std::size_t k = 1; k < v.size(); ++k) {
      s += v[k];
    }
    return s;
  }
};
template <>
struct Truth<Float64> {
  using Real = double;
  static double sum(const std::vector<double>& v) {
    double s = v[0];
    for (std::size_t k = 1; k < v.size(); ++k) {
      s += v[k];
    }
    return s;
  }
};
template <typename Half>
struct HalfTruth {
  using Real = Half;
  static Half sum(const std::vector<Half>& v) {
    float s = static_cast<float>(v[0]);
    for (std::size_t k = 1; k < v.size(); ++k) {
      s += static_cast<float>(v[k]);
    }
    return Half(s);
  }
};
template <>
struct Truth<Float16> : HalfTruth<Eigen::half> {};
template <>
struct Truth<Bfloat16> : HalfTruth<Eigen::bfloat16> {};
template <typename Signed, typename Unsigned>
struct IntegerTruth {
  using Real = Signed;
  static Signed sum(const std::vector<Signed>& v) {
    Unsigned s = 0;
    for (const Signed x : v) {
      s += static_cast<Unsigned>(x);
    }
    return static_cast<Signed>(s);
  }
};
template <>
struct Truth<Int32> : IntegerTruth<std::int32_t, std::uint32_t> {};
template <>
struct Truth<Int64> : IntegerTruth<std::int64_t, std::uint64_t> {};

template <typename Element>
class ReduceBody : public testing::Test {
 public:
  using Real = typename Truth<Element>::Real;
  using Bits = typename Element::Bits;
  static_assert(sizeof(Real) == sizeof(Bits));

  // Of all sizes and signs; integers of all bits, so that sums overflow.
  Real value() {
    if constexpr (std::is_integral_v<Real>) {
      return static_cast<Real>(random_());
    } else {
      const double sign = random_() % 2 == 0 ? 1 : -1;
      return static_cast<Real>(
          static_cast<float>(sign * std::ldexp(1.0 + static_cast<double>(random_() % 4096) / 4096,
                                               static_cast<int>(random_() % 12) - 6)));
    }
  }

  // One sum of `inputs` buffers that begin `offsets[k]` elements into a line; the last offset is
  // the output's.
  void expect_right(std::uint64_t count, const std::vector<std::uint64_t>& offsets) {
    const std::size_t inputs = offsets.size() - 1;
    std::vector<Memory> memory;
    for (const std::uint64_t offset : offsets) {
      memory.emplace_back(count * sizeof(Bits), offset * sizeof(Bits));
    }
    Inputs list;
    list.number = static_cast<int>(inputs);
    for (std::size_t k = 0; k < inputs; ++k) {
      for (std::uint64_t i = 0; i < count; ++i) {
        memory[k].template as<Real>()[i] = value();
      }
      list.data[k] = memory[k].data();
    }
    Memory& output = memory.back();
    on_all_workers(
        [&](const Worker& w) { reduce_elements<Element>(output.as<Bits>(), list, count, w); });
    for (std::uint64_t i = 0; i < count; ++i) {
      std::vector<Real> terms;
      for (std::size_t k = 0; k < inputs; ++k) {
        terms.push_back(memory[k].template as<Real>()[i]);
      }
      const Real expected = Truth<Element>::sum(terms);
      ASSERT_EQ(std::memcmp(&output.as<Real>()[i], &expected, sizeof expected), 0)
          << i << " of " << count << ", " << inputs << " inputs";
    }
    ASSERT_TRUE(output.untouched_outside()) << count << ", " << inputs << " inputs";
  }

 private:
  std::mt19937_64 random_{7};
};

using Elements = testing::Types<Float16, Bfloat16, Float32, Float64, Int32, Int64>;
TYPED_TEST_SUITE(ReduceBody, Elements);

TYPED_TEST(ReduceBody, AddsUpTwoToEightInputsOfAnyCount) {
  for (const std::uint64_t count : kCounts) {
    for (std::size_t inputs = 2; inputs <= kMaxInputs; ++inputs) {
      this->expect_right(count, std::vector<std::uint64_t>(inputs + 1, 0));
    }
  }
}

TYPED_TEST(ReduceBody, StartsAnywhereInALine) {
  constexpr std::uint64_t kPer = 16 / sizeof(typename TypeParam::Bits);
  for (const std::uint64_t count : kCounts) {
    for (std::uint64_t offset = 0; offset < kPer; ++offset) {
      this->expect_right(count, {offset, offset, offset, offset});
      this->expect_right(count, {0, offset, 1, offset});
    }
  }
}

TYPED_TEST(ReduceBody, MayWriteOverAnInput) {
  std::vector<typename TypeParam::Bits> a(1001);
  std::vector<typename TypeParam::Bits> b(1001);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = TypeParam::narrow(static_cast<typename TypeParam::Wide>(i % 100));
    b[i] = TypeParam::narrow(static_cast<typename TypeParam::Wide>(7));
  }
  Inputs list{
      .data = {a.data(), b.data()},
        .number = 2
  };
  on_all_workers([&](const Worker& w) { reduce_elements<TypeParam>(a.data(), list, a.size(), w); });
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i], TypeParam::narrow(static_cast<typename TypeParam::Wide>(i % 100 + 7))) << i;
  }
}

template <typename Element, typename Half>
void expect_conversions_as(const char* type) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half half = Eigen::numext::bit_cast<Half>(static_cast<std::uint16_t>(bits));
    const float expected = static_cast<float>(half);
    const float wide = Element::widen(static_cast<std::uint16_t>(bits));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(wide)) << type << bits;
      ASSERT_TRUE(std::isnan(Element::widen(Element::narrow(wide)))) << type << bits;
      continue;
    }
    ASSERT_EQ(std::memcmp(&wide, &expected, sizeof wide), 0) << type << bits;
    // Every value itself, and its neighbours: where ties are and where they are broken.
    const float around[] = {wide,
                            std::nextafter(wide, std::numeric_limits<float>::infinity()),
                            std::nextafter(wide, -std::numeric_limits<float>::infinity()),
                            wide * 1.00048828125F,
                            wide * 1.00390625F};
    for (const float x : around) {
      ASSERT_EQ(Element::narrow(x), Eigen::numext::bit_cast<std::uint16_t>(Half(x)))
          << type << bits << " " << x;
    }
  }
}

TEST(Float16Element, RoundsAsAnIndependentImplementationDoes) {
  expect_conversions_as<Float16, Eigen::half>("float16 ");
}

TEST(Bfloat16Element, RoundsAsAnIndependentImplementationDoes) {
  expect_conversions_as<Bfloat16, Eigen::bfloat16>("bfloat16 ");
}

}  // namespace
}  // namespace fabricast
