#include "core/record.hpp"

#include "core/error.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace fabricast {
namespace {

Record sample_record() {
  Record r;
  r.origin = {"2026-01-02T03:04:05Z",
              "fabricast measure",
              "0.1.0 abc",
              "node1",
              "CPU",
              8,
              {{"mpi", "4.1.4"}}};
  r.collective = Collective::kAllGather;
  r.backend = "mpi";
  r.algorithm = "ring";
  r.type = DataType::kFloat16;
  r.count = 512;
  r.bytes = 4096;
  r.ranks = 4;
  r.ranks_per_node = 2;
  r.in_place = true;
  r.calls_per_sample = 20;
  r.stopped_by = StopReason::kFixedCount;
  r.samples_us = {10, 11, 12, 13, 14, 15, 16};
  r.rank_median_us = {13, 12, 11, 13};
  r.gpu_state = {1410, 1980, 512, 700, 61, {"sw_power_cap"}};
  r.settings = {
      {"graph", "on"}
  };
  r.setup_us = {
      {"first_call", 120.5}
  };
  r.device_samples_us = {9, 10, 11, 12, 13, 14, 15};
  r.warnings = {"a \"quoted\" warning\nwith a second line"};
  return r;
}

class RecordFileTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() /
             (std::string("fabricast_record_") +
              testing::UnitTest::GetInstance()->current_test_info()->name() + ".jsonl"))
                .string();
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  std::string path_;
};

std::string line_of(const Record& r) {
  std::ostringstream out;
  write_jsonl(out, r);
  return out.str();
}

TEST_F(RecordFileTest, WhatIsWrittenIsReadBack) {
  const Record r = sample_record();
  write(line_of(r) + line_of(r));
  const RecordFile file = read_jsonl(path_);
  ASSERT_EQ(file.records.size(), 2U);
  EXPECT_TRUE(file.skipped.empty());
  EXPECT_EQ(to_json(file.records[1]), to_json(r));
}

TEST_F(RecordFileTest, AnUnfinishedLastLineIsSkippedAndReported) {
  const std::string line = line_of(sample_record());
  write(line + line.substr(0, line.size() / 2));
  const RecordFile file = read_jsonl(path_);
  EXPECT_EQ(file.records.size(), 1U);
  ASSERT_EQ(file.skipped.size(), 1U);
  EXPECT_NE(file.skipped[0].find(":2"), std::string::npos);
}

TEST_F(RecordFileTest, AFaultNamesFileLineAndRemedy) {
  const std::string good = line_of(sample_record());
  const auto expect_refused = [&](const std::string& bad, const std::string& word) {
    write(good + bad + "\n");
    try {
      read_jsonl(path_);
      ADD_FAILURE() << "accepted: " << bad;
    } catch (const Error& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find(path_ + ":2"), std::string::npos) << text;
      EXPECT_NE(text.find("try: "), std::string::npos) << text;
      EXPECT_NE(text.find(word), std::string::npos) << text;
    }
  };
  nlohmann::json j = to_json(sample_record());
  const auto with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json changed = j;
    changed[key] = value;
    return changed.dump();
  };
  expect_refused("{", "not JSON");
  expect_refused("[]", "object");
  expect_refused("{}", "schema");
  expect_refused(with("schema", "fabricast.record/9"), "schema");
  expect_refused(with("provenance", "derived"), "measured");
  expect_refused(with("collective", "all_reduc"), "all_reduce");
  expect_refused(with("bytes", -1), "bytes");
  expect_refused(with("bytes", "many"), "bytes");
  expect_refused(with("ranks", 0), "ranks");
  expect_refused(with("ranks", 1e12), "ranks");
  expect_refused(with("samples_us", {1.0, -2.0}), "time");
  expect_refused(with("colour", "red"), "colour");
  expect_refused(with("calls_per_sample", -1), "calls_per_sample");
  j.erase("in_place");
  expect_refused(j.dump(), "in_place");
}

TEST(Record, KeepsWhatNcclChoseAndTheSettingsThatForcedIt) {
  EXPECT_FALSE(to_json(sample_record()).contains("chosen"));
  EXPECT_FALSE(to_json(sample_record()).contains("environment"));
  Record r = sample_record();
  r.chosen.emplace();
  r.chosen->cell = {"tree", "ll"};
  r.chosen->channels = 4;
  r.origin.environment = {
      {"NCCL_ALGO", "Tree"}
  };
  const Record back = record_from_json(to_json(r), "here");
  EXPECT_EQ(to_json(back), to_json(r));
  EXPECT_EQ(back.chosen->cell, r.chosen->cell);
  EXPECT_EQ(back.origin.environment, r.origin.environment);
  EXPECT_EQ(text(back.asked()), "ring");  // another ran
  r.algorithm = "tree";
  EXPECT_EQ(text(r.asked()), "tree/ll");
  auto bad = to_json(r);
  bad["chosen"]["algorithm"] = "star";
  EXPECT_THROW(record_from_json(bad, "here"), Error);
}

TEST(Record, IsReadBackWithoutAFileToo) {
  EXPECT_EQ(to_json(record_from_json(to_json(sample_record()), "here")), to_json(sample_record()));
}

TEST(Record, OneRankHasNoBandwidth) {
  Record r = sample_record();
  EXPECT_TRUE(to_json(r)["derived"].contains("busbw_GBps"));
  r.ranks = 1;
  r.ranks_per_node = 1;
  EXPECT_FALSE(to_json(r)["derived"].contains("busbw_GBps"));
}

TEST(Record, WrongElementsMakeItInvalid) {
  Record r = sample_record();
  EXPECT_TRUE(r.valid());
  r.wrong_elements = 1;
  EXPECT_FALSE(r.valid());
}

TEST(Record, BytesThatAreNotUtf8DoNotBreakTheLine) {
  Record r = sample_record();
  r.origin.host = "bad\xff\xfehost";
  EXPECT_FALSE(nlohmann::json::parse(line_of(r)).is_discarded());
}

}  // namespace
}  // namespace fabricast
