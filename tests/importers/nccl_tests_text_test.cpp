#include "importers/nccl_tests_text.hpp"

#include "tests/importers/samples.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace fabricast {
namespace {

using test::replaced;
using test::sample_text;

NcclTestsRun only_run(const std::string& text) {
  const auto runs = read_nccl_tests_text(text);
  EXPECT_EQ(runs.size(), 1U);
  return runs.empty() ? NcclTestsRun{} : runs.front();
}

TEST(NcclTestsText, TheLayoutOf2017CountsMilliseconds) {
  const NcclTestsRun run = only_run(sample_text("2017_all_reduce.txt"));
  EXPECT_EQ(run.nccl_version, "2.1");
  ASSERT_EQ(run.rows.size(), 4U);
  EXPECT_EQ(run.rows[0].bytes, 1U << 20);
  EXPECT_NEAR(run.rows[0].out_of_place->time_us.value, 103, 2);
  EXPECT_NEAR(run.rows[0].out_of_place->time_us.rounding, 0.5, 1e-9);
  EXPECT_EQ(run.rows[0].out_of_place->wrong, 0U);
  EXPECT_TRUE(run.complete);
}

TEST(NcclTestsText, ATableMayHaveOnePlacementOnly) {
  const NcclTestsRun run = only_run(sample_text("2017_broadcast.txt"));
  ASSERT_EQ(run.rows.size(), 4U);
  EXPECT_TRUE(run.rows[0].out_of_place);
  EXPECT_FALSE(run.rows[0].in_place);
  EXPECT_EQ(run.rows[0].root, "0");
}

TEST(NcclTestsText, ALargeDifferenceInTheErrorColumnIsAWrongResult) {
  const std::string text = sample_text("2019_reduce.txt");
  const NcclTestsRun run = only_run(replaced(text, "1e-06", "3e+01"));
  EXPECT_EQ(run.rows[0].out_of_place->wrong, 1U);
  EXPECT_EQ(run.rows[0].in_place->wrong, 0U);
  EXPECT_EQ(only_run(replaced(text, "1e-06", "  nan")).rows[0].out_of_place->wrong, 1U);
}

TEST(NcclTestsText, ABlankOperationLeavesTheOtherColumnsInPlace) {
  const NcclTestsRun run = only_run(sample_text("2020_all_to_all.txt"));
  ASSERT_EQ(run.rows.size(), 23U);
  EXPECT_EQ(run.rows[5].redop, "");
  EXPECT_FALSE(run.rows[5].out_of_place->wrong);
  EXPECT_TRUE(run.skipped.empty());
  EXPECT_TRUE(run.foreign.empty());
}

TEST(NcclTestsText, MessagesOfNcclBetweenThePiecesOfARowAreTakenOut) {
  const NcclTestsRun noisy = only_run(sample_text("2022_all_reduce_noisy.txt"));
  const NcclTestsRun tagged = only_run(sample_text("2022_all_reduce_tagged.txt"));
  ASSERT_EQ(noisy.rows.size(), tagged.rows.size());
  for (std::size_t i = 0; i < noisy.rows.size(); ++i) {
    EXPECT_EQ(noisy.rows[i].bytes, tagged.rows[i].bytes);
    EXPECT_EQ(noisy.rows[i].root, "-1");
    EXPECT_EQ(noisy.rows[i].out_of_place->time_us.value,
              tagged.rows[i].out_of_place->time_us.value);
    EXPECT_EQ(noisy.rows[i].in_place->busbw_GBps.value, tagged.rows[i].in_place->busbw_GBps.value);
  }
}

TEST(NcclTestsText, TimeStampsAndIterationColumnsAreNotResults) {
  const NcclTestsRun run = only_run(sample_text("2026_per_iteration.txt"));
  ASSERT_EQ(run.rows.size(), 11U);
  const PrintedRow& last = run.rows.back();
  EXPECT_EQ(last.type, "bfloat16");
  EXPECT_NEAR(last.in_place->time_us.value, last.out_of_place->time_us.value, 3);
  EXPECT_NEAR(last.in_place->busbw_GBps.value / last.in_place->algbw_GBps.value, 1.75, 1e-3);
}

TEST(NcclTestsText, WrongElementsAreCounted) {
  const std::string text = sample_text("two_boxes.txt");
  const std::size_t line = text.find("       8             2");
  std::string row = text.substr(line, text.find('\n', line) - line);
  const std::string broken = row.substr(0, row.size() - 1) + "1.5e+03";
  const NcclTestsRun run = only_run(replaced(text, row, broken));
  EXPECT_EQ(run.rows[0].in_place->wrong, 1500U);
}

TEST(NcclTestsText, LinesThatAreNotOfTheTableAreNamed) {
  const NcclTestsRun run = only_run(replaced(
      sample_text("two_boxes.txt"), "# Out of bounds", "Warning: a host was slow\n# Out of"));
  ASSERT_EQ(run.foreign.size(), 1U);
  EXPECT_EQ(run.foreign[0].line, 42);
}

TEST(NcclTestsText, RowsWithoutALineOfLabelsAreReadAsThoseOfToday) {
  const std::string text = sample_text("two_boxes.txt");
  const auto labels = text.find("#       size");
  const NcclTestsRun run =
      only_run(text.substr(0, labels) + text.substr(text.find('\n', labels) + 1));
  EXPECT_EQ(run.rows.size(), 16U);
}

TEST(NcclTestsText, AFailedRunIsFollowedByItsNextTry) {
  const auto runs = read_nccl_tests_text(sample_text("failed.txt") + sample_text("two_boxes.txt"));
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].failures.size(), 2U);
  EXPECT_EQ(runs[1].devices.size(), 16U);
  EXPECT_EQ(runs[1].rows.size(), 16U);
}

}  // namespace
}  // namespace fabricast
