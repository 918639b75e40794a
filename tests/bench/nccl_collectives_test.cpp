// Every collective x type x size through NCCL, on all GPUs of this machine and on one of them.
// Needs a GPU; skipped without one. The sizes are small: this is about right answers, not about
// speed.
#include "bench/backends/gpu.hpp"
#include "bench/sampler.hpp"
#include "core/pattern.hpp"

#include <gtest/gtest.h>

#include <random>

namespace fabricast {
namespace {

const StoppingRule kThreeCalls{.warmup = 1, .min_samples = 2, .max_samples = 2};

class NcclOn : public testing::TestWithParam<int> {  // GPUs of the process, 0 = all
 protected:
  void SetUp() override {
    const GpuInventory found = inspect_gpus();
    if (!found.usable()) {
      GTEST_SKIP() << found.why_none;
    }
    backend_ = make_nccl_backend(*control_, {.gpus_per_process = GetParam()});
  }

  std::uint64_t wrong_elements(const Case& c,
                               const std::optional<PlantedFlip>& flip = std::nullopt) {
    Watchdog watchdog(Seconds(60), "NCCL test");
    watchdog.describe(std::string(name(c.collective)));
    const auto operation = backend_->prepare(c);
    return sample(*operation, *control_, kThreeCalls, watchdog, flip).wrong_elements;
  }

  std::vector<Case> cases(const std::vector<std::uint64_t>& counts) {
    std::vector<Case> list;
    for (const auto& offer : backend_->offers()) {
      for (const auto& type : kDataTypes) {
        for (const std::uint64_t count : counts) {
          list.push_back({offer.collective, offer.algorithms.front(), type.id, count});
        }
      }
    }
    return list;
  }

  std::unique_ptr<Control> control_ = make_solo_control();
  std::unique_ptr<Backend> backend_;
};

std::string describe(const Case& c) {
  return std::string(name(c.collective)) + " " + std::string(name(c.type)) + " " +
         std::to_string(c.count);
}

// Zero, one, odd, and large enough for every protocol of NCCL.
TEST_P(NcclOn, HasNoWrongElementAtAnySize) {
  for (const Case& c : cases({0, 1, 3, 1001, 100'003, 5'000'011})) {
    if (const std::string why = backend_->why_not(c); !why.empty()) {
      EXPECT_EQ(info(c.type).bytes, 1) << describe(c) << ": " << why;  // 8-bit floats, on old cards
      continue;
    }
    ASSERT_EQ(wrong_elements(c), 0U) << describe(c);
  }
}

TEST_P(NcclOn, HasNoWrongElementInPlaceAndUnderAnyOperator) {
  for (Case c : cases({1001, 100'003})) {
    for (const auto& op : kReduceOps) {
      for (const bool in_place : {false, true}) {
        c.op = op.id;
        c.in_place = in_place && info(c.collective).in_place;
        const bool exact = why_not_exact(c.op, c.type, backend_->ranks()).empty();
        if (info(c.collective).reduces && exact && backend_->why_not(c).empty()) {
          ASSERT_EQ(wrong_elements(c), 0U) << describe(c) << ' ' << op.name;
        }
      }
    }
  }
}

TEST_P(NcclOn, APlantedBitFlipIsFoundEveryTime) {
  std::mt19937_64 random(20240722);
  for (const Case& c : cases({1, 1001})) {
    EXPECT_EQ(wrong_elements(c, PlantedFlip{0, random()}), 1U) << describe(c);
  }
}

TEST_P(NcclOn, WhatDoesNotFitIsRefusedBeforeAnythingIsAllocated) {
  const Case huge{Collective::kAllReduce, "library", DataType::kFloat32, 1ULL << 45};
  EXPECT_NE(backend_->why_not(huge).find("smallest"), std::string::npos);
  EXPECT_GT(backend_->available_memory(), 0U);
}

TEST_P(NcclOn, SaysWhatItRunsOn) {
  EXPECT_EQ(backend_->ranks(), backend_->local_ranks());
  EXPECT_EQ(backend_->machine().find(std::to_string(backend_->ranks()) + " x "), 0U)
      << backend_->machine();
  EXPECT_FALSE(backend_->versions().at("nccl").empty());
  EXPECT_EQ(backend_->warnings().empty(), backend_->ranks() > 1 && !backend_->oversubscribed());
}

INSTANTIATE_TEST_SUITE_P(Gpus, NcclOn, testing::Values(1, 0), [](const auto& row) {
  return row.param == 0 ? "All" : "One";
});

}  // namespace
}  // namespace fabricast
