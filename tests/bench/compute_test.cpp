// Computations on the host: buffers, the check of results, samples.
#include "bench/compute/compute_backend.hpp"
#include "bench/compute/compute_driver.hpp"
#include "bench/compute/operands.hpp"
#include "bench/compute/random_values.hpp"
#include "core/error.hpp"
#include "core/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace fabricast {
namespace {

std::vector<ComputeCase> cases_of_every_part() {
  std::vector<ComputeCase> cases;
  for (const auto& part : kLayerParts) {
    for (const auto& pass : kLayerPasses) {
      if (part.product && pass.id != LayerPass::kUpdate) {
        cases.push_back({
            {part.id, pass.id, 33, 17, 70, 1, 1}
        });
      }
    }
    if (!part.product) {
      cases.push_back({
          {part.id, LayerPass::kForward, 5, 37, 0, 1, 1}
      });
    }
  }
  return cases;
}

ComputeOptions few_samples() {
  ComputeOptions options;
  options.rule = {.warmup = 1, .min_samples = 3, .max_samples = 3, .precision = 1};
  return options;
}

TEST(HostCompute, EveryPartAndPassIsRightInEveryElement) {
  const auto host = make_host_compute();
  for (const ComputeCase& c : cases_of_every_part()) {
    const auto operands = operands_of(c);
    std::vector<std::shared_ptr<void>> memory;
    std::vector<void*> buffers;
    for (std::size_t o = 0; o < operands.size(); ++o) {
      memory.push_back(host->allocate(operands[o].bytes() + 1));
      buffers.push_back(memory.back().get());
      if (operands[o].filling == Filling::kRandom) {
        host->fill_random(buffers[o], operands[o].type, operands[o].elements, shift_of(o));
      } else {
        host->fill_bytes(
            buffers[o], operands[o].filling == Filling::kZero ? 0 : 0xFF, operands[o].bytes());
      }
    }
    constexpr int kSteps = 3;
    const ComputeCall call = host->prepare(c);
    for (int step = 1; step <= kSteps; ++step) {
      call(buffers, step);
    }
    const auto* results = static_cast<const float*>(buffers[result_operand(c)]);
    for (std::uint64_t i = 0; i < c.work.m * c.work.n; ++i) {
      const ExpectedElement expected = expected_element(c, i, kSteps);
      ASSERT_TRUE(expected.accepts(double{results[i]}))
          << name(c.work.part) << ' ' << name(c.work.pass) << ' ' << i << ": " << results[i]
          << " for " << expected.value << " +- " << expected.tolerance;
    }
  }
}

// What a kernel might do wrong: another element, a step too few, nothing at all.
TEST(ExpectedElement, IsNeitherItsNeighbourNorAStepAwayNorPoison) {
  for (const ComputeCase& c : cases_of_every_part()) {
    int neighbours = 0;
    for (std::uint64_t i = 0; i + 1 < 100; ++i) {
      const ExpectedElement expected = expected_element(c, i, 2);
      neighbours += expected.accepts(expected_element(c, i + 1, 2).value) ? 1 : 0;
      EXPECT_TRUE(expected.accepts(expected.value));
      EXPECT_FALSE(expected.accepts(std::nan("")));
      if (c.work.part == LayerPart::kOptimizer) {
        EXPECT_FALSE(expected.accepts(expected_element(c, i, 1).value)) << i;
      }
    }
    EXPECT_LT(neighbours, 3) << name(c.work.part);
  }
}

TEST(RandomValues, AreNormalAndStoredInTheType) {
  for (const auto& type : kComputeTypes) {
    const RandomValues& values = random_values(type.input);
    double sum = 0;
    double squares = 0;
    for (std::uint64_t i = 0; i < RandomValues::kPeriod; ++i) {
      sum += values.at(i);
      squares += values.at(i) * values.at(i);
    }
    const auto count = static_cast<double>(RandomValues::kPeriod);
    EXPECT_NEAR(sum / count, 0, 0.01) << type.name;
    EXPECT_NEAR(squares / count, 1, 0.01) << type.name;
    EXPECT_EQ(decode_element(type.input, &values.bits()[5]), values.at(5)) << type.name;
    EXPECT_EQ(values.at(RandomValues::kPeriod + 5), values.at(5));
  }
  EXPECT_THROW(decode_element(DataType::kInt8, "x"), Error);
}

TEST(MeasureCompute, EveryPartIsTimedAndChecked) {
  const auto host = make_host_compute();
  for (const ComputeCase& c : cases_of_every_part()) {
    const ComputeRecord r = measure_compute(c, *host, few_samples());
    EXPECT_TRUE(r.valid()) << name(c.work.part) << ' ' << name(c.work.pass);
    EXPECT_EQ(r.samples_us.size(), 3U);
    EXPECT_EQ(r.checked_elements, 4U * 16);
    EXPECT_GT(r.calls_per_sample, 1) << name(c.work.part);  // of microseconds each
    EXPECT_EQ(r.backend, "host");
  }
}

TEST(MeasureCompute, OneSpoiltElementIsFound) {
  const auto host = make_host_compute();
  for (const ComputeCase& c : cases_of_every_part()) {
    ComputeOptions options = few_samples();
    options.planted_flip = 5;
    const ComputeRecord r = measure_compute(c, *host, options);
    EXPECT_GE(r.wrong_elements, 1U) << name(c.work.part) << ' ' << name(c.work.pass);
    EXPECT_FALSE(r.valid());
  }
}

TEST(MeasureCompute, WhatTheHostCannotIsRefusedWithTheReason) {
  const auto host = make_host_compute();
  ComputeCase c = cases_of_every_part().front();
  c.type = ComputeType::kBfloat16;
  EXPECT_NE(why_not_computed(c, *host).find("float32, not in bfloat16"), std::string::npos);
  EXPECT_THROW(measure_compute(c, *host, few_samples()), Error);
  c.type = ComputeType::kFloat32;
  c.work.m = 1ULL << 40;
  EXPECT_NE(why_not_computed(c, *host).find("GB"), std::string::npos);
}

TEST(BufferSets, ExceedTwiceTheCacheWhereMemoryAllows) {
  EXPECT_EQ(buffer_sets(100, 0, 1000), 1);
  EXPECT_EQ(buffer_sets(100, 100, 10000), 3);
  EXPECT_EQ(buffer_sets(1000, 100, 10000), 1);
  EXPECT_EQ(buffer_sets(100, 100, 250), 2);
  EXPECT_EQ(buffer_sets(100, 100, 10), 1);
  EXPECT_EQ(buffer_sets(1, 1 << 30, 1 << 30), 64);
}

TEST(ProductLayout, TokensAndResultsLieByRowsAndWeightsByOutputs) {
  const auto layout = [](LayerPass pass, ComputeType type) {
    return layout_of({
        {LayerPart::kUp, pass, 1, 1, 1, 1, 1},
        type
    });
  };
  const ProductLayout gradient = layout(LayerPass::kWeightGradient, ComputeType::kBfloat16);
  EXPECT_FALSE(gradient.a_by_rows || gradient.b_by_columns);
  const ProductLayout data = layout(LayerPass::kDataGradient, ComputeType::kBfloat16);
  EXPECT_TRUE(data.a_by_rows && !data.b_by_columns);
  const ProductLayout narrow = layout(LayerPass::kWeightGradient, ComputeType::kFloat8E4M3);
  EXPECT_TRUE(narrow.a_by_rows && narrow.b_by_columns);
}

}  // namespace
}  // namespace fabricast
