#include "core/compute_record.hpp"

#include "core/error.hpp"
#include "core/record.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace fabricast {
namespace {

ComputeRecord sample_record() {
  ComputeRecord r;
  r.origin = {"2026-01-02T03:04:05Z", "fabricast measure", "0.1.0 abc", "node1", "CPU", 1, {}};
  r.workload = "llama3-8b";
  r.scale = 0.01;
  r.tensor_parallel = 2;
  r.tokens = 8192;
  r.work = {LayerPart::kUp, LayerPass::kWeightGradient, 100, 200, 50, 8, 32};
  r.type = ComputeType::kBfloat16;
  r.backend = "host";
  r.samples_us = {90, 100, 110};
  r.calls_per_sample = 7;
  r.buffer_sets = 3;
  r.checked_elements = 48;
  r.warnings = {"a remark"};
  return r;
}

TEST(ComputeRecord, RatesAreThoseOfTheMedian) {
  ComputeRecord r = sample_record();
  EXPECT_DOUBLE_EQ(teraflops(r), 0.02);  // 2 x 100 x 200 x 50 in 100 us
  EXPECT_DOUBLE_EQ(in_GBps(memory_rate(r)), (5000 + 10000 + 20000) * 2 / 100e-6 * 1e-9);
  r.samples_us.clear();
  EXPECT_EQ(teraflops(r), 0);
  EXPECT_FALSE(r.valid());
}

TEST(ComputeRecord, IsReadBackFromAFileThatHoldsCollectivesToo) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "fabricast_compute_record.jsonl").string();
  Record collective;
  collective.origin = sample_record().origin;
  collective.ranks = 2;
  collective.ranks_per_node = 2;
  ComputeRecord norm = sample_record();
  norm.work = {LayerPart::kNorm, LayerPass::kForward, 10, 20, 0, 2, 32};
  {
    std::ofstream out(path);
    write_jsonl(out, sample_record());
    write_jsonl(out, collective);
    write_jsonl(out, norm);
  }
  const RecordFile file = read_jsonl(path);
  std::filesystem::remove(path);
  ASSERT_EQ(file.computations.size(), 2U);
  EXPECT_EQ(file.records.size(), 1U);
  EXPECT_EQ(to_json(file.computations[0]), to_json(sample_record()));
  EXPECT_EQ(to_json(file.computations[1]), to_json(norm));
}

TEST(ComputeRecord, AFaultIsRefusedByName) {
  const auto expect_refused = [](const char* key, const nlohmann::json& value) {
    nlohmann::json j = to_json(sample_record());
    j[key] = value;
    EXPECT_THROW(compute_record_from_json(j, "file:1"), Error) << key;
  };
  expect_refused("samples_us", {-1});
  expect_refused("scale", 0);
  expect_refused("part", "qvk");
  expect_refused("k", 0);
  expect_refused("m", -1);
  expect_refused("colour", "red");
  nlohmann::json j = to_json(sample_record());
  j.erase("pass");
  EXPECT_THROW(compute_record_from_json(j, "file:1"), Error);
}

}  // namespace
}  // namespace fabricast
