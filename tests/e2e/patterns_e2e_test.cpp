#include "core/record.hpp"
#include "tests/e2e/command.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

#define SKIP_WITHOUT_RANKS()                                  \
  if (const std::string why = why_no_ranks(); !why.empty()) { \
    GTEST_SKIP() << why;                                      \
  }

const std::string kMpirun = "mpirun --oversubscribe --bind-to none ";
const std::string kTiny = " --scale 1/1000000 -n 2 --min-samples 2 -w 1 ";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PatternCommand, WritesARowPerPatternThatOtherCommandsLeaveOut) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  const std::string file = folder.path("rows.jsonl");
  const Said said = run(kMpirun + "-np 2 @ measure --pattern all" + kTiny + "-o " + file);
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(contains(said.out, "scale 1/1,000,000")) << said.out;
  const RecordFile rows = read_jsonl(file);
  EXPECT_EQ(rows.training.size(), 6U);
  for (const auto& r : rows.training) {
    EXPECT_TRUE(r.valid()) << r.pattern;
    EXPECT_EQ(r.ranks, 2);
    EXPECT_TRUE(contains(said.out, "\n" + r.pattern + " ")) << said.out;
  }
  const Said expected = run("@ expect " + file + " --cluster host-box");
  EXPECT_EQ(expected.exit_code, 2) << expected.err;
  EXPECT_TRUE(contains(expected.err, "left out: 6 training patterns")) << expected.err;
}

TEST(PatternCommand, OneProcessSaysThatNothingIsSent) {
  SKIP_WITHOUT_RANKS();
  const Said said = run("@ measure --pattern fsdp" + kTiny);
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(contains(said.out, "one rank: nothing is sent")) << said.out;
}

TEST(PatternCommand, APlantedBitFlipEndsWithCode1) {
  SKIP_WITHOUT_RANKS();
  const Said said = run(kMpirun + "-np 2 @ measure --pattern ddp --plant-bit-flip 5" + kTiny);
  EXPECT_EQ(said.exit_code, 1) << said.err;
  EXPECT_TRUE(contains(said.err, "1 wrong elements were found")) << said.err;
}

TEST(PatternCommand, JsonAndCsvHoldARowEach) {
  SKIP_WITHOUT_RANKS();
  const Said json = run(kMpirun + "-np 2 @ measure --pattern tp --format json" + kTiny);
  EXPECT_TRUE(contains(json.out, "\"exposed_us\":")) << json.out;
  const Said csv = run(kMpirun + "-np 2 @ measure --pattern tp --format csv" + kTiny);
  EXPECT_TRUE(contains(csv.out, "communication_slowdown")) << csv.out;
}

TEST(PatternCommand, WhatCannotRunIsRefusedWithARemedy) {
  SKIP_WITHOUT_RANKS();
  const auto expect_refused = [](const std::string& arguments, const std::string& remedy) {
    const Said said = run("@ measure --pattern " + arguments);
    EXPECT_EQ(said.exit_code, 2) << arguments;
    EXPECT_TRUE(contains(said.err, remedy)) << said.err;
  };
  expect_refused("dpp", "known: ddp");
  expect_refused("ddp --workload lama", "llama3-8b");
  expect_refused("ddp --scale 2", "1/1000");
  expect_refused("ddp --type int32", "bfloat16");
  expect_refused("ep --workload llama3-8b", "--workload grok-1");
  expect_refused("3d --tp 3", "whose product divides 1");
  expect_refused("ddp --collective all_reduce", "excludes");
  const Said without = run("@ measure --scale 1/1000");
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_TRUE(contains(without.err, "--pattern")) << without.err;
}

TEST(WorkloadsCommand, ListsShowsAndChecks) {
  EXPECT_TRUE(contains(run("@ workloads list").out, "llama3-405b"));
  const Said shown = run("@ workloads show grok-1 --sources");
  EXPECT_TRUE(contains(shown.out, "layers.*.experts.up")) << shown.out;
  EXPECT_TRUE(contains(shown.out, "xai-org/grok-1")) << shown.out;
  EXPECT_EQ(run("@ workloads check").exit_code, 0);
  const Folder folder;
  folder.write("bad.toml", "schema = 1\n");
  EXPECT_EQ(run("@ workloads check " + folder.path("bad.toml")).exit_code, 2);
}

}  // namespace
}  // namespace fabricast
