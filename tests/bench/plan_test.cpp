#include "bench/plan.hpp"

#include "core/error.hpp"
#include "tests/bench/fake_backend.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

Plan plan(const Selection& selection, int ranks = 3) {
  const FakeBackend backend(ranks);
  return plan_cases(selection, backend);
}

TEST(Plan, ASweepRoundsDownToWhatDividesAndDropsRepeats) {
  Selection s;
  s.collectives = {"all_gather"};
  s.sweep = {8, 128, 2};
  std::vector<std::uint64_t> counts;
  for (const Case& c : plan(s).cases) {
    counts.push_back(c.count);  // bytes / (3 ranks x 4 B)
  }
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{1, 2, 5, 10}));
}

TEST(Plan, AnExactSizeThatDoesNotDivideIsRefusedWithTheGrain) {
  Selection s;
  s.collectives = {"all_gather"};
  s.bytes = {1024};
  try {
    plan(s);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("do not split over 3 ranks"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("multiple of 12 B"), std::string::npos);
  }
}

TEST(Plan, CountsAreTakenAsTheyAre) {
  Selection s;
  s.counts = {0, 1, 1001};
  s.types = {"all"};
  s.algorithms = {"all"};
  EXPECT_EQ(plan(s).cases.size(),
            3U * kDataTypes.size() * 3);  // (2 + 1 algorithms) x types x counts
}

TEST(Plan, WithoutALibraryEveryAlgorithmIsTheDefault) {
  const FakeBackend backend(2,
                            {
                                {Collective::kAllReduce, {"ring_ll", "one_shot_ll"}}
  });
  Selection s;
  s.counts = {1};
  EXPECT_EQ(plan_cases(s, backend).cases.size(), 2U);
  s.algorithms = {"one_shot_ll"};
  EXPECT_EQ(plan_cases(s, backend).cases.size(), 1U);
  s.algorithms.clear();
  EXPECT_EQ(plan_cases(s, FakeBackend(2)).cases.size(), 2U);  // library, for each collective
}

TEST(Plan, WhatCannotRunIsSkippedWithTheReasonOnce) {
  Selection s;
  s.counts = {1, 2'000'000, 3'000'000};
  const Plan p = plan(s);
  EXPECT_EQ(p.cases.size(), 2U);
  EXPECT_EQ(p.skipped,
            (std::vector<std::string>{"library all_reduce: too many for a fake",
                                      "library all_gather: too many for a fake"}));
}

TEST(Plan, NamesThatDoNotExistAreRefused) {
  for (const auto& change : {+[](Selection& s) { s.collectives = {"all_redux"}; },
                             +[](Selection& s) { s.algorithms = {"rign"}; },
                             +[](Selection& s) { s.types = {"float8"}; },
                             +[](Selection& s) {
                               s.sweep = {8, 4, 2};
                             },
                             +[](Selection& s) {
                               s.sweep = {8, 64, 1};
                             },
                             +[](Selection& s) {
                               s.sweep = {0, 64, 2};
                             }}) {
    Selection s;
    s.sweep = {8, 64, 2};
    change(s);
    EXPECT_THROW(plan(s), Error);
  }
}

TEST(Plan, TheLargestSizesDoNotOverflow) {
  Selection s;
  s.sweep = {8, 1ULL << 53, 4};
  EXPECT_FALSE(plan(s).cases.empty());
}

}  // namespace
}  // namespace fabricast
