#include "importers/told_collective.hpp"

#include "importers/nccl_tests_text.hpp"
#include "tests/importers/samples.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

// The output without the lines that name its program.
NcclTestsRun nameless(const std::string& file, std::size_t table = 0) {
  NcclTestsRun run = read_nccl_tests_text(test::sample_text(file)).at(table);
  run.program.clear();
  run.mentions.clear();
  return run;
}

TEST(ToldCollective, RowsTellItWhereTheOutputDoesNot) {
  using enum Collective;
  const auto told = [](const char* file, int ranks, std::size_t table = 0) {
    return tell_collective(nameless(file, table), ranks, std::nullopt).collective;
  };
  EXPECT_EQ(told("2017_all_reduce.txt", 4), kAllReduce);
  EXPECT_EQ(told("2017_broadcast.txt", 4), kBroadcast);
  EXPECT_EQ(told("2019_all_gather.txt", 8), kAllGather);
  EXPECT_EQ(told("2019_reduce.txt", 8), kReduce);
  EXPECT_EQ(told("2020_all_to_all.txt", 8), kAllToAll);
  EXPECT_EQ(told("2022_all_reduce_tagged.txt", 16), kAllReduce);
  EXPECT_EQ(told("2025_five_tables.txt", 16, 0), kAllReduce);
  EXPECT_EQ(told("2025_five_tables.txt", 16, 1), kAllGather);
  EXPECT_EQ(told("2025_five_tables.txt", 16, 2), kReduceScatter);
  EXPECT_EQ(told("2025_five_tables.txt", 16, 3), kAllToAll);
  EXPECT_EQ(told("2025_five_tables.txt", 16, 4), kSendRecv);
  EXPECT_EQ(told("2025_timestamps.txt", 8), kBroadcast);
}

// Unchecked, all-gather and all-to-all print the same columns and have the same factor.
NcclTestsRun ambiguous() {
  NcclTestsRun run = nameless("2025_five_tables.txt", 1);
  for (auto& row : run.rows) {
    row.out_of_place->wrong.reset();
    row.in_place->wrong.reset();
  }
  return run;
}

TEST(ToldCollective, WhatCannotBeToldSaysWhatItCouldBe) {
  const ToldCollective told = tell_collective(ambiguous(), 16, std::nullopt);
  EXPECT_FALSE(told.collective);
  EXPECT_NE(told.problem.find("all_gather"), std::string::npos) << told.problem;
  EXPECT_NE(told.problem.find("all_to_all"), std::string::npos) << told.problem;
}

TEST(ToldCollective, TheNearestMentionDecidesBetweenWhatRowsAllow) {
  NcclTestsRun run = ambiguous();
  run.mentions = {"alltoall.log", "mpirun -np 16 ./build/all_gather_perf -b 8"};
  const ToldCollective told = tell_collective(run, 16, std::nullopt);
  EXPECT_EQ(told.collective, Collective::kAllGather);
  EXPECT_TRUE(told.remarks.empty());
}

TEST(ToldCollective, AMentionThatRowsContradictIsARemark) {
  NcclTestsRun run = nameless("2022_all_reduce_tagged.txt");
  run.mentions = {"reduce_scatter.log"};
  const ToldCollective told = tell_collective(run, 16, std::nullopt);
  EXPECT_EQ(told.collective, Collective::kAllReduce);
  ASSERT_EQ(told.remarks.size(), 1U);
  EXPECT_NE(told.remarks[0].find("reduce_scatter.log"), std::string::npos);
}

TEST(ToldCollective, ProgramsThatAreNotCollectivesOfOursAreNamed) {
  NcclTestsRun run = nameless("2022_all_reduce_tagged.txt");
  run.program = "hypercube_perf";
  EXPECT_FALSE(tell_collective(run, 16, std::nullopt).collective);
  run.program = "alltoallv_perf";
  EXPECT_FALSE(tell_collective(run, 16, std::nullopt).collective);
  run.program = "alltoall_perf_mpi";
  EXPECT_EQ(tell_collective(run, 16, std::nullopt).collective, Collective::kAllToAll);
}

TEST(ToldCollective, TheOptionWins) {
  NcclTestsRun run = nameless("2022_all_reduce_tagged.txt");
  run.program = "all_reduce_perf";
  EXPECT_EQ(tell_collective(run, 16, Collective::kReduce).collective, Collective::kReduce);
}

}  // namespace
}  // namespace fabricast
