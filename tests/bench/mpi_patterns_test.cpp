// Every training pattern on real MPI ranks. Started by mpirun; all ranks run the same cases in the
// same order, and a failure on any of them fails the program.

#include "bench/backends/mpi.hpp"
#include "bench/mpi_control.hpp"
#include "bench/patterns/training_driver.hpp"
#include "core/error.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

MpiControl* g_control = nullptr;

TrainingSetup small_setup() {
  TrainingSetup setup;
  setup.workload = {.id = "small",
                    .title = "",
                    .layers = 6,
                    .hidden = 64,
                    .heads = 12,
                    .kv_heads = 4,
                    .ffn = 256,
                    .vocabulary = 1000,
                    .experts = 12,
                    .experts_per_token = 2,
                    .gated = true};
  setup.ranks = g_control->processes();
  setup.tokens = 29;  // divides by nothing here
  setup.bucket_bytes = 100'000;
  setup.microbatches = 3;
  return setup;
}

const TrainingOptions kTwoSteps{
    .rule = {.warmup = 1, .min_samples = 2, .max_samples = 2}
};

TrainingRecord measured(std::string_view pattern,
                        const TrainingSetup& setup,
                        const TrainingOptions& options = kTwoSteps) {
  const auto backend = make_mpi_backend(*g_control, 0);
  return measure_training(find_training_pattern(pattern), setup, *backend, *g_control, options);
}

TEST(HostPatterns, HaveNoWrongElement) {
  for (const auto& pattern : training_patterns()) {
    for (const DataType type : {DataType::kFloat32, DataType::kBfloat16}) {
      for (const bool sequence_parallel : {false, true}) {
        TrainingSetup setup = small_setup();
        setup.type = type;
        setup.sequence_parallel = sequence_parallel;
        const TrainingRecord r = measured(pattern.name, setup);
        EXPECT_EQ(r.wrong_elements, 0U) << pattern.name;
        EXPECT_EQ(r.transfers > 0, setup.ranks > 1) << pattern.name;
      }
    }
  }
}

TEST(HostPatterns, SayHowLongEachPartTookInEveryStep) {
  for (const auto& pattern : training_patterns()) {
    const TrainingRecord r = measured(pattern.name, small_setup());
    for (const auto* times : {&r.total_us,
                              &r.communication_us,
                              &r.compute_us,
                              &r.compute_beside_us,
                              &r.communication_beside_us}) {
      EXPECT_EQ(times->size(), 2U) << pattern.name;
    }
    EXPECT_GT(r.flops, 0) << pattern.name;
    for (std::size_t i = 0; i < r.total_us.size(); ++i) {
      EXPECT_LE(r.compute_beside_us[i], r.total_us[i]) << pattern.name;
      EXPECT_GT(r.compute_beside_us[i], 0) << pattern.name;
      EXPECT_LE(r.communication_beside_us[i], r.total_us[i] * 1.001) << pattern.name;
    }
  }
}

TEST(HostPatterns, APlantedBitFlipIsFoundOnce) {
  for (const auto& pattern : training_patterns()) {
    for (std::uint64_t random = 0; random < 5; ++random) {
      const int process = static_cast<int>(random) % g_control->processes();
      TrainingOptions options = kTwoSteps;
      options.flip = PlantedFlip{process, random * 7'919'777};
      const TrainingRecord r = measured(pattern.name, small_setup(), options);
      // One rank receives nothing that could be flipped.
      EXPECT_EQ(r.wrong_elements, r.ranks > 1 ? 1U : 0U) << pattern.name << " " << random;
    }
  }
}

TEST(HostPatterns, WhatDoesNotFitIntoMemoryIsRefusedByAll) {
  TrainingSetup setup = small_setup();
  setup.workload.vocabulary = 1ULL << 40;
  if (setup.ranks > 1) {
    EXPECT_THROW(measured("ddp", setup), Error);
  }
}

}  // namespace
}  // namespace fabricast

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  fabricast::MpiControl control;
  fabricast::g_control = &control;
  if (!control.is_root()) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  const int mine = RUN_ALL_TESTS();
  return control.max(mine) != 0 ? 1 : 0;
}
