#include "core/training_record.hpp"

#include "core/error.hpp"
#include "core/record.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace fabricast {
namespace {

TrainingRecord sample_record() {
  TrainingRecord r;
  r.origin = {"2026-01-02T03:04:05Z", "fabricast measure", "0.1.0 abc", "node1", "CPU", 8, {}};
  r.pattern = "ddp";
  r.workload = "llama3-8b";
  r.scale = 0.001;
  r.settings = "buckets of 25 MiB";
  r.backend = "mpi";
  r.type = DataType::kBfloat16;
  r.tokens = 2048;
  r.parameters = 8'030'261;
  r.transfers = 33;
  r.bytes = 16'060'522;
  r.flops = 2e9;
  r.ranks = 4;
  r.ranks_per_node = 2;
  r.total_us = {100, 110, 120};
  r.communication_us = {50, 60, 70};
  r.compute_us = {70, 80, 90};
  r.compute_beside_us = {80, 88, 96};
  r.communication_beside_us = {80, 90, 100};
  return r;
}

TEST(TrainingRecord, ExposedAndHiddenAddUpToTheCommunicationAlone) {
  const Overlap o = overlap(sample_record());
  EXPECT_DOUBLE_EQ(in_us(o.exposed), 30);
  EXPECT_DOUBLE_EQ(in_us(o.hidden), 30);
  EXPECT_DOUBLE_EQ(o.compute_slowdown, 1.1);
  EXPECT_DOUBLE_EQ(o.communication_slowdown, 1.5);
}

TEST(TrainingRecord, NoShareIsNegative) {
  TrainingRecord r = sample_record();
  r.total_us = {60};
  EXPECT_DOUBLE_EQ(in_us(overlap(r).exposed), 0);
  r.total_us = {1000};
  EXPECT_DOUBLE_EQ(in_us(overlap(r).hidden), 0);
}

TEST(TrainingRecord, WithoutTransfersTheTotalIsTheComputation) {
  TrainingRecord r = sample_record();
  r.transfers = 0;
  const Overlap o = overlap(r);
  EXPECT_DOUBLE_EQ(in_us(o.communication), 0);
  EXPECT_DOUBLE_EQ(in_us(o.exposed), 0);
  EXPECT_DOUBLE_EQ(o.communication_slowdown, 1);
}

TEST(TrainingRecord, IsReadBackFromAFileThatHoldsCollectivesToo) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "fabricast_training_record.jsonl").string();
  Record collective;
  collective.origin = sample_record().origin;
  collective.ranks = 2;
  collective.ranks_per_node = 2;
  {
    std::ofstream out(path);
    write_jsonl(out, sample_record());
    write_jsonl(out, collective);
  }
  const RecordFile file = read_jsonl(path);
  std::filesystem::remove(path);
  ASSERT_EQ(file.training.size(), 1U);
  EXPECT_EQ(file.records.size(), 1U);
  EXPECT_EQ(to_json(file.training[0]), to_json(sample_record()));
}

TEST(TrainingRecord, AFaultIsRefusedByName) {
  const auto expect_refused = [](const char* key, const nlohmann::json& value) {
    nlohmann::json j = to_json(sample_record());
    j[key] = value;
    EXPECT_THROW(training_record_from_json(j, "file:1"), Error) << key;
  };
  expect_refused("total_us", {-1});
  expect_refused("scale", 0);
  expect_refused("ranks_per_node", 9);
  expect_refused("colour", "red");
  nlohmann::json j = to_json(sample_record());
  j.erase("compute_us");
  EXPECT_THROW(training_record_from_json(j, "file:1"), Error);
}

}  // namespace
}  // namespace fabricast
