#include "importers/nccl_tests_json.hpp"

#include "core/error.hpp"
#include "tests/importers/samples.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

using test::import_sample;
using test::replaced;
using test::sample_text;

NcclTestsRun read(const std::string& file) { return read_nccl_tests_json(sample_text(file), file); }

TEST(NcclTestsJson, NanIsWrongAndNullIsNotThere) {
  const NcclTestsRun run = read("v1_all_reduce.json");
  EXPECT_EQ(run.program, "all_reduce_perf");
  EXPECT_EQ(run.rows.at(0).root, "-1");
  EXPECT_EQ(run.rows.at(0).in_place->wrong, 1U);
  EXPECT_FALSE(run.rows.at(1).out_of_place);
  EXPECT_TRUE(run.rows.at(1).in_place);
}

TEST(NcclTestsJson, TimesOfIterationsBecomeSamples) {
  const auto tables = import_sample("v2_all_to_all.json");
  for (const Record& r : tables.at(0).records) {
    EXPECT_EQ(r.samples_us.size(), 20U);
    EXPECT_EQ(r.calls_per_sample, 1);
    EXPECT_EQ(r.warnings.empty(), !r.in_place) << "in place nothing is checked";
  }
}

TEST(NcclTestsJson, OneDevicePerProcessStandsForItsGpus) {
  EXPECT_EQ(read("v3_all_gather_one_process.json").devices.size(), 1U);
  EXPECT_EQ(import_sample("v3_all_gather_one_process.json").at(0).ranks, 8);
  EXPECT_EQ(read("v3_sendrecv_cpu_time.json").devices.size(), 4U);
  EXPECT_EQ(import_sample("v3_sendrecv_cpu_time.json").at(0).ranks_per_node, 8);
}

TEST(NcclTestsJson, ACpuTimeIsReplacedByTheWallClocks) {
  const auto tables = import_sample("v3_sendrecv_cpu_time.json");
  const NcclTestsRun run = read("v3_sendrecv_cpu_time.json");
  for (const Record& r : tables.at(0).records) {
    EXPECT_GT(r.samples_us.at(0), 3 * run.rows.at(0).out_of_place->time_us.value);
  }
}

TEST(NcclTestsJson, AFileThatEndsEarlyIsReadAsFarAsItIsWhole) {
  const NcclTestsRun run = read("v2_cut.json");
  EXPECT_EQ(run.rows.size(), 2U);
  EXPECT_FALSE(run.complete);
}

TEST(NcclTestsJson, WhatIsNotOfThisFormatIsRefused) {
  const std::string good = sample_text("v1_all_reduce.json");
  const std::vector<std::string> bad{"",
                                     "[]",
                                     "{}",
                                     "{\"results\": []}",
                                     good.substr(0, 100),
                                     replaced(good, "\"version\": 1", "\"version\": 4"),
                                     replaced(good, "\"results\"", "\"rows\""),
                                     std::string(100000, '['),
                                     "{\"a\":" + std::string(100000, '[')};
  for (const auto& text : bad) {
    EXPECT_THROW(read_nccl_tests_json(text, "file"), Error) << text.substr(0, 80);
  }
}

TEST(NcclTestsJson, KeysOfLaterVersionsDoNotDisturb) {
  const std::string text =
      replaced(sample_text("v1_all_reduce.json"), "\"config\"", "\"new\": [1, {}], \"config\"");
  EXPECT_EQ(read_nccl_tests_json(text, "file").rows.size(), 4U);
}

}  // namespace
}  // namespace fabricast
