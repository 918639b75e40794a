// The loops of the kernels, run on the CPU as a few "threads" that stride over the elements.
#include "kernels/pattern_body.hpp"

#include "core/datatype.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace fabricast {
namespace {

constexpr std::uint64_t kThreads = 8;

template <typename Word>
void fill(Word* data, std::uint64_t count, const PatternView& pattern) {
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    fill_elements(data, count, pattern, thread, kThreads);
  }
}

template <typename Word>
std::uint64_t wrong(const Word* data, std::uint64_t count, const PatternView& pattern) {
  std::uint64_t sum = 0;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    sum += count_wrong(data, count, pattern, thread, kThreads);
  }
  return sum;
}

// Guards around `count` elements, as the buffers on the device have them.
template <typename Word>
struct Guarded {
  static constexpr std::uint64_t kGuard = kGuardBytes / sizeof(Word);

  explicit Guarded(std::uint64_t elements) : count(elements), words(elements + 2 * kGuard) {
    std::memset(words.data(), kGuardByte, words.size() * sizeof(Word));
  }
  Word* data() { return words.data() + kGuard; }
  std::uint64_t broken_guards() {
    const std::uint64_t bits = kGuardBits;
    return wrong(words.data(), kGuard, guard_view(&bits)) +
           wrong(data() + count, kGuard, guard_view(&bits));
  }

  std::uint64_t count;
  std::vector<Word> words;
};

constexpr int kRanks = 3;
constexpr std::uint64_t kCounts[] = {0, 1, 7, 8, 37, 1000};

std::vector<PatternView> views(const Pattern& pattern,
                               std::uint64_t count,
                               std::uint64_t iteration) {
  return {
      pattern.sent(Collective::kAllReduce, 1, iteration, pattern.tables()),
      pattern.received(Collective::kReduceScatter, 2, count, iteration, pattern.tables()),
      pattern.sent(Collective::kAllGather, 1, iteration, pattern.tables()),
      pattern.received(Collective::kAllToAll, 2, count / kRanks + 1, iteration, pattern.tables())};
}

template <typename Word>
class PatternBody : public testing::Test {
 protected:
  static DataType type() {
    switch (sizeof(Word)) {
      case 2:
        return DataType::kBfloat16;
      case 4:
        return DataType::kFloat32;
      default:
        return DataType::kInt64;
    }
  }
};

using Words = testing::Types<std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(PatternBody, Words);

TYPED_TEST(PatternBody, FillsEveryElementAndNothingElse) {
  const Pattern pattern(this->type(), kRanks);
  for (const std::uint64_t count : kCounts) {
    for (const PatternView& view : views(pattern, count, 5)) {
      Guarded<TypeParam> buffer(count);
      fill(buffer.data(), count, view);
      for (std::uint64_t i = 0; i < count; ++i) {
        ASSERT_EQ(buffer.data()[i], static_cast<TypeParam>(view.bits(i))) << i << " of " << count;
      }
      EXPECT_EQ(wrong(buffer.data(), count, view), 0U);
      EXPECT_EQ(buffer.broken_guards(), 0U);
    }
  }
}

TYPED_TEST(PatternBody, FindsEverySingleBitFlipOf1000) {
  const Pattern pattern(this->type(), kRanks);
  std::mt19937_64 random(1);
  int found = 0;
  for (int flip = 0; flip < 1000; ++flip) {
    const std::uint64_t count = 1 + random() % 1000;
    const auto all = views(pattern, count, static_cast<std::uint64_t>(flip));
    const PatternView& view = all[random() % all.size()];
    std::vector<TypeParam> data(count);
    fill(data.data(), count, view);
    const std::uint64_t bit = random() % (count * sizeof(TypeParam) * 8);
    reinterpret_cast<unsigned char*>(data.data())[bit / 8] ^=
        static_cast<unsigned char>(1U << bit % 8);
    found += wrong(data.data(), count, view) == 1 ? 1 : 0;
  }
  EXPECT_EQ(found, 1000);
}

TYPED_TEST(PatternBody, FindsAWriteToAnyGuardByte) {
  for (const std::uint64_t count : kCounts) {
    Guarded<TypeParam> buffer(count);
    auto* before = reinterpret_cast<unsigned char*>(buffer.words.data());
    auto* after = reinterpret_cast<unsigned char*>(buffer.data() + count);
    for (auto* guard : {before, after}) {
      for (std::uint64_t i = 0; i < kGuardBytes; ++i) {
        guard[i] = 0;
        EXPECT_EQ(buffer.broken_guards(), 1U) << "byte " << i << ", " << count << " elements";
        guard[i] = kGuardByte;
      }
    }
    EXPECT_EQ(buffer.broken_guards(), 0U);
  }
}

TYPED_TEST(PatternBody, FindsDataThatNeverArrived) {
  constexpr std::uint64_t kCount = 10'000;
  const Pattern pattern(this->type(), kRanks);
  const auto all = views(pattern, kCount, 0);
  for (std::size_t v = 0; v < all.size(); ++v) {
    Guarded<TypeParam> buffer(kCount);  // as poisoned before a call
    // Sums are never the poison; a hash in two bytes is, once in 65,536.
    const std::uint64_t chance = all[v].table != nullptr ? 0 : 5;
    EXPECT_GE(wrong(buffer.data(), kCount, all[v]), kCount - chance) << v;
  }
}

TYPED_TEST(PatternBody, FindsTheResultOfTheIterationBefore) {
  constexpr std::uint64_t kCount = 10'000;
  const Pattern pattern(this->type(), kRanks);
  const auto old = views(pattern, kCount, 6);
  const auto current = views(pattern, kCount, 7);
  for (std::size_t v = 0; v < old.size(); ++v) {
    std::vector<TypeParam> data(kCount);
    fill(data.data(), kCount, old[v]);
    EXPECT_GT(wrong(data.data(), kCount, current[v]), kCount / 2) << v;
  }
}

}  // namespace
}  // namespace fabricast
