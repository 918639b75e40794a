#include "bench/sampler.hpp"

#include "bench/driver.hpp"
#include "core/error.hpp"
#include "tests/bench/fake_backend.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace fabricast {
namespace {

const StoppingRule kRule{.warmup = 2, .min_samples = 10, .max_samples = 200, .precision = 0.02};

Samples run(FakeOperation& operation,
            const StoppingRule& rule,
            const std::optional<PlantedFlip>& flip = std::nullopt) {
  const auto control = make_solo_control();
  Watchdog watchdog(Seconds(60), "test");
  return sample(operation, *control, rule, watchdog, flip);
}

TEST(StoppingRule, SteadyTimesStopAtTheFewestSamples) {
  FakeOperation operation([](int) { return 100.0; });
  const Samples s = run(operation, kRule);
  EXPECT_EQ(s.stopped_by, StopReason::kPrecise);
  EXPECT_EQ(s.slowest_us.size(), 10U);
  EXPECT_EQ(operation.calls(), 12);  // with the warm-up
}

TEST(StoppingRule, NoisyTimesGoToTheSampleCap) {
  FakeOperation operation([](int call) { return call % 2 == 0 ? 10.0 : 1000.0; });
  const Samples s = run(operation, kRule);
  EXPECT_EQ(s.stopped_by, StopReason::kSampleCap);
  EXPECT_EQ(s.slowest_us.size(), 200U);
}

TEST(StoppingRule, TheTimeCapEndsWithWhatThereIs) {
  EXPECT_EQ(stop_reason({1, 2, 3}, Seconds(2), {.time_cap = Seconds(1)}), StopReason::kTimeCap);
  EXPECT_EQ(stop_reason({1, 2, 3}, Seconds(0.5), {.time_cap = Seconds(1)}), std::nullopt);
}

TEST(StoppingRule, FiveEqualSamplesAreNotPrecise) {
  EXPECT_EQ(stop_reason({1, 1, 1, 1, 1}, Seconds(0), {.min_samples = 1}), std::nullopt);
  EXPECT_EQ(stop_reason({1, 1, 1, 1, 1, 1}, Seconds(0), {.min_samples = 1}), StopReason::kPrecise);
}

TEST(Sampler, WarmUpIsNotAmongTheSamples) {
  FakeOperation operation([](int call) { return call < 2 ? 9999.0 : 5.0; });
  for (const double us : run(operation, kRule).slowest_us) {
    EXPECT_DOUBLE_EQ(us, 5.0);
  }
}

TEST(Sampler, WrongElementsOfEveryIterationAreCounted) {
  FakeOperation operation([](int) { return 1.0; });
  operation.wrong_per_call = 3;
  EXPECT_EQ(run(operation, kRule).wrong_elements, 36U);  // 12 calls
}

TEST(Sampler, APlantedFlipIsFoundOnce) {
  FakeOperation operation([](int) { return 1.0; });
  EXPECT_EQ(run(operation, kRule, PlantedFlip{0, 7}).wrong_elements, 1U);
}

TEST(Driver, EveryCaseBecomesARecordAndABenchmark) {
  const auto path = std::filesystem::temp_directory_path() / "fabricast_driver_test.json";
  FakeBackend backend(4);
  const auto control = make_solo_control();
  DriverOptions options;
  options.rule = kRule;
  options.benchmark_json = path.string();
  std::vector<Record> records;
  drive(
      {
          {Collective::kAllReduce, "ring",    DataType::kFloat32, 256},
          {Collective::kAllGather, "library", DataType::kInt64,   16 }
  },
      backend,
      *control,
      options,
      [&](const Record& r) { records.push_back(r); });
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].bytes, 1024U);
  EXPECT_EQ(records[1].bytes, 16U * 4 * 8);  // the gathered total
  EXPECT_GE(records[0].samples_us.size(), 10U);
  std::ifstream in(path);
  const std::string json((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_NE(json.find("all_reduce/fake/ring/float32/1024"), std::string::npos);
  EXPECT_NE(json.find("\"iterations\": " + std::to_string(records[0].samples_us.size())),
            std::string::npos);
  std::filesystem::remove(path);
}

TEST(Driver, ABufferLargerThanMemoryIsRefusedBeforeAllocation) {
  FakeBackend backend(4);
  const auto control = make_solo_control();
  EXPECT_THROW(drive(
                   {
                       {Collective::kAllReduce, "ring", DataType::kFloat32, 1ULL << 28}
  },
                   backend,
                   *control,
                   {},
                   [](const Record&) {}),
               Error);
}

TEST(Driver, AFailureEndsTheRunAndIsThrown) {
  FakeBackend backend(4);
  const auto control = make_solo_control();
  int rows = 0;
  const auto fail = [&](const Record&) {
    ++rows;
    throw Error("disk full", "", "");
  };
  const Case c{Collective::kAllReduce, "ring", DataType::kFloat32, 8};
  EXPECT_THROW(drive({c, c, c}, backend, *control, {}, fail), Error);
  EXPECT_EQ(rows, 1);
}

}  // namespace
}  // namespace fabricast
