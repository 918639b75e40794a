// `fabricast measure --compute` on this host and on a GPU that does not exist (tests/fakes/).
#include "core/record.hpp"
#include "tests/e2e/command.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fabricast {
namespace {

const std::string kFew = " -n 3 --min-samples 3 --precision 1 -w 1 ";
const std::string kTiny = " --scale 1/1000000 " + kFew;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ComputeCommand, MeasuresEveryPartOfALayerOnTheHost) {
  const Folder folder;
  const std::string file = folder.path("rows.jsonl");
  const Said said =
      run("@ measure --compute --backend host --workload grok-1 --tp 1,3,8 -o " + file + kTiny);
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(contains(said.err, "skipped: grok-1: kv_heads = 8 does not split over 3 GPUs"))
      << said.err;
  EXPECT_TRUE(contains(said.out, "tensor parallel 8")) << said.out;
  const RecordFile rows = read_jsonl(file);
  EXPECT_EQ(rows.computations.size(), 2U * (6 * 3 + 4));
  std::set<LayerPart> parts;
  for (const auto& r : rows.computations) {
    parts.insert(r.work.part);
    EXPECT_TRUE(r.valid());
    EXPECT_GT(r.checked_elements, 0U);
    EXPECT_EQ(r.workload, "grok-1");
    EXPECT_EQ(r.backend, "host");
  }
  EXPECT_EQ(parts.size(), kLayerParts.size() - 1);  // gated: no gelu
  const Said fitted = run("@ expect " + file + " --cluster host-box");
  EXPECT_TRUE(contains(fitted.err, "left out: 44 computations")) << fitted.err;
}

TEST(ComputeCommand, JsonAndCsvHoldARowEach) {
  const Said json = run("@ measure --compute --backend host --format json" + kTiny);
  EXPECT_TRUE(contains(json.out, "\"TFLOPs\":")) << json.out;
  const Said csv = run("@ measure --compute --backend host --format csv" + kTiny);
  EXPECT_TRUE(contains(csv.out, ",qkv,forward,")) << csv.out;
}

TEST(ComputeCommand, EveryShippedModelRuns) {
  const Said all = run("@ measure --compute --backend host --workload all --scale 1e-9" + kFew);
  ASSERT_EQ(all.exit_code, 0) << all.err;
  for (const char* name : {"gpt3-175b", "grok-1", "llama3-405b", "llama3-70b", "llama3-8b"}) {
    EXPECT_TRUE(contains(all.out, name)) << name;
  }
}

TEST(ComputeCommand, APlantedFaultEndsWithCode1) {
  const Said said = run("@ measure --compute --backend host --plant-bit-flip 3" + kTiny);
  EXPECT_EQ(said.exit_code, 1) << said.err;
  EXPECT_TRUE(contains(said.err, "wrong elements were found")) << said.err;
}

TEST(ComputeCommand, WhatCannotRunIsRefusedWithARemedy) {
  const auto expect_refused = [](const std::string& arguments, const std::string& remedy) {
    const Said said = run("env -u FABRICAST_CUDA_LIBRARY @ measure --compute " + arguments);
    EXPECT_EQ(said.exit_code, 2) << arguments;
    EXPECT_TRUE(contains(said.err, remedy)) << arguments << ": " << said.err;
  };
  expect_refused("--workload lama", "llama3-8b");
  expect_refused("--backend mpi", "host");
  expect_refused("--backend host --type bf61", "bfloat16");
  expect_refused("--backend host --type bf16", "the host computes in float32");
  expect_refused("--backend host --tp 3", "heads = 32 does not split over 3 GPUs");
  expect_refused("--backend host --scale 2", "1/1000");
  expect_refused("--pattern ddp", "excludes");
  expect_refused("--bytes 8", "excludes");
  EXPECT_EQ(run("@ measure --tp 2").exit_code, 2);
}

class FakeGpuCompute : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(FABRICAST_FAKE_CUBLASLT).empty()) {
      GTEST_SKIP() << "this build has no CUDA, so neither the GPU's computations nor their fakes";
    }
  }

  [[nodiscard]] Said measure(const std::string& settings,
                             const std::string& options,
                             const std::string& cublaslt = FABRICAST_FAKE_CUBLASLT) const {
    return run("env FABRICAST_CUDA_LIBRARY=" FABRICAST_FAKE_CUDA " FABRICAST_CUBLASLT_LIBRARY=" +
               cublaslt + " " + settings + " @ measure --compute " + options + " -o " + file() +
               kFew);
  }
  [[nodiscard]] std::string file() const { return folder_.path("rows.jsonl"); }
  [[nodiscard]] std::vector<ComputeRecord> rows() const { return read_jsonl(file()).computations; }

  Folder folder_;
};

constexpr const char* kSmallest = "--scale 1/10000000 --tokens 60000 ";

TEST_F(FakeGpuCompute, EveryPartOfEveryTypeHasNoWrongElement) {
  const Said said =
      measure("", std::string("--backend cuda -d all --workload grok-1 ") + kSmallest);
  ASSERT_EQ(said.exit_code, 0) << said.err;
  std::set<ComputeType> types;
  for (const ComputeRecord& r : rows()) {
    types.insert(r.type);
    EXPECT_TRUE(r.valid()) << name(r.work.part) << ' ' << name(r.work.pass) << ' ' << name(r.type);
    EXPECT_EQ(r.backend, "cuda");
    EXPECT_EQ(r.origin.versions.at("cublaslt"), "13.0.2");
    EXPECT_TRUE(contains(r.warnings.at(0), "not a GPU"));
  }
  EXPECT_EQ(types.size(), kComputeTypes.size());
  EXPECT_EQ(rows().size(), 5U * 18 + 3 * 4);
}

TEST_F(FakeGpuCompute, AutoTakesTheGpuInBfloat16) {
  ASSERT_EQ(measure("", std::string("--backend auto --workload gpt3-175b ") + kSmallest).exit_code,
            0);
  const std::vector<ComputeRecord> all = rows();
  EXPECT_EQ(all.at(0).origin.machine, "1 x Fake GPU");
  EXPECT_EQ(all.at(0).type, ComputeType::kBfloat16);
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const ComputeRecord& r) {
    return r.work.part == LayerPart::kGelu;
  }));
}

TEST_F(FakeGpuCompute, ATypeThatTheGpuLacksIsSkippedWithTheReason) {
  const Said said =
      measure("FAKE_CUDA_CAPABILITY=80", std::string("--backend cuda -d fp8,bf16 ") + kSmallest);
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_TRUE(
      contains(said.err, "skipped: float8_e4m3 needs compute capability 8.9, Fake GPU has 8.0"))
      << said.err;
  const Said alone =
      measure("FAKE_CUDA_CAPABILITY=80", std::string("--backend cuda -d fp8 ") + kSmallest);
  EXPECT_EQ(alone.exit_code, 2) << alone.err;
  EXPECT_TRUE(contains(alone.err, "nothing to measure")) << alone.err;
}

TEST_F(FakeGpuCompute, AShapeWithoutAnAlgorithmIsSkippedWithTheReason) {
  const Said said = measure("FAKE_CUBLASLT_LACKS=32", std::string("--backend cuda ") + kSmallest);
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_LT(rows().size(), 19U);
  EXPECT_TRUE(contains(said.err, "cuBLASLt 13.0.2 has no algorithm")) << said.err;
}

TEST_F(FakeGpuCompute, ProductsThatStopHalfWayAreFound) {
  const Said said = measure("FAKE_CUBLASLT_WRONG=100", std::string("--backend cuda ") + kSmallest);
  EXPECT_EQ(said.exit_code, 1) << said.err;
  EXPECT_TRUE(contains(said.err, "wrong elements were found")) << said.err;
  EXPECT_TRUE(contains(said.out, "WRONG RESULTS")) << said.out;
}

TEST_F(FakeGpuCompute, WithoutCublasLtAutoComputesOnTheHostAndCudaIsRefused) {
  const std::string none = "/nonexistent/libcublasLt.so";
  EXPECT_EQ(measure("", "--backend auto --scale 1e-9", none).exit_code, 0);
  EXPECT_EQ(rows().at(0).backend, "host");
  const Said said = measure("", "--backend cuda", none);
  EXPECT_EQ(said.exit_code, 2) << said.err;
  EXPECT_TRUE(contains(said.err, "FABRICAST_CUBLASLT_LIBRARY")) << said.err;
}

TEST_F(FakeGpuCompute, AFailingCallIsNamedAndTheRowsBeforeItAreKept) {
  const Said said =
      measure("FAKE_FAULTS=launch_norm@1=700", std::string("--backend cuda ") + kSmallest);
  EXPECT_EQ(said.exit_code, 3) << said.err;
  EXPECT_TRUE(contains(said.err, "launch_norm failed")) << said.err;
  EXPECT_EQ(rows().size(), 15U);
}

}  // namespace
}  // namespace fabricast
