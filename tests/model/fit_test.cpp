#include "model/fit/fit.hpp"

#include "core/error.hpp"
#include "model/collective/cost.hpp"
#include "model/collective/predict.hpp"
#include "model/fit/joint_fit.hpp"
#include "tests/mutation.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>
#include <random>

namespace fabricast {
namespace {

struct Truth {
  double alpha_us = 2.5;
  double bandwidth_GBps = 3.0;
  double noise = 0;  // standard deviation of ln(time)
  double long_message_us = 2.0;
  double long_message_B = 4100;
};

// Records of a machine that is exactly what the equations say, with constants of our choice.
std::vector<Record> synthetic(const Truth& truth, const std::vector<int>& rank_counts) {
  const Cluster cluster = load_cluster("host-box");
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 1);
  std::vector<Record> records;
  for (const int ranks : rank_counts) {
    const Setting setting = make_setting(cluster, ranks, ranks);
    Inputs inputs = inputs_for(cluster, setting, published_model().constants);
    inputs.set_value(inputs.index("host.alpha_us"), truth.alpha_us);
    inputs.set_value(inputs.index("host.bandwidth_GBps"), truth.bandwidth_GBps);
    inputs.set_value(inputs.index("host.long_message_us"), truth.long_message_us);
    inputs.set_value(inputs.index("host.long_message_B"), truth.long_message_B);
    for (const auto& row : kTextbookAlgorithms) {
      if (row.name == "hierarchical") {
        continue;
      }
      const auto cost = make_cost(setting, row.collective, {std::string(row.name), "", 1}, inputs);
      for (std::uint64_t bytes = 64; bytes <= 16 << 20; bytes *= 4) {
        Record r;
        r.collective = row.collective;
        r.backend = "mpi";
        r.algorithm = row.name;
        r.bytes = bytes;
        r.ranks = r.ranks_per_node = ranks;
        const double us = in_us(cost->price(inputs).at(Bytes(static_cast<double>(bytes)))) *
                          std::exp(truth.noise * noise(random));
        r.samples_us.assign(10, us);
        r.rank_median_us.assign(static_cast<std::size_t>(ranks), us);
        records.push_back(std::move(r));
      }
    }
  }
  return records;
}

FitResult fit_host(const std::vector<Record>& records) {
  return fit(records, load_cluster("host-box"), "");
}

double constant(const FitResult& result, const std::string& name) {
  return result.model.constants[name];
}

TEST(Fit, NoiseFreeDataGiveBackTheirAlphaAndBeta) {
  const FitResult result = fit_host(synthetic({}, {2, 4, 8}));
  EXPECT_NEAR(constant(result, "host.alpha_us"), 2.5, 0.05 * 2.5);
  EXPECT_NEAR(constant(result, "host.bandwidth_GBps"), 3.0, 0.03 * 3.0);
  for (const auto& score : result.model.scores) {
    EXPECT_LT(score.median_error, 0.02) << score.what;
  }
  EXPECT_TRUE(result.model.warnings.empty());
}

TEST(Fit, ATenthOfTheRowsFarOffDoesNotMoveIt) {
  std::vector<Record> records = synthetic({.noise = 0.03}, {2, 4, 8});
  for (std::size_t i = 0; i < records.size(); i += 10) {
    for (double& us : records[i].samples_us) {
      us *= 20;
    }
  }
  const FitResult result = fit_host(records);
  EXPECT_NEAR(constant(result, "host.alpha_us"), 2.5, 0.25 * 2.5);
  EXPECT_NEAR(constant(result, "host.bandwidth_GBps"), 3.0, 0.15 * 3.0);
}

TEST(Fit, FewRecordsMoveLittleAndManyMoveAll) {
  const double prior = published_model().constants["host.bandwidth_GBps"];
  const Truth far{.alpha_us = 2.5, .bandwidth_GBps = 2.0};
  std::vector<Record> few = synthetic(far, {2});
  few.resize(2);  // two tiny messages
  EXPECT_NEAR(constant(fit_host(few), "host.bandwidth_GBps"), prior, 0.05 * prior);
  EXPECT_NEAR(constant(fit_host(synthetic(far, {2, 4})), "host.bandwidth_GBps"), 2.0, 0.1);
}

TEST(Fit, IntervalsCoverRowsThatItDidNotSee) {
  const FitResult result = fit_host(synthetic({.noise = 0.10}, {2, 4, 8}));
  int held_out = 0;
  int inside = 0;
  for (const auto& row : result.rows) {
    if (row.held_out) {
      ++held_out;
      inside += row.low <= row.measured && row.measured <= row.high ? 1 : 0;
    }
  }
  EXPECT_GT(held_out, 50);
  EXPECT_GT(inside, held_out * 8 / 10);
}

TEST(Fit, TheLargestNumberOfRanksIsHeldOut) {
  const FitResult result = fit_host(synthetic({}, {2, 4, 8}));
  for (const auto& row : result.rows) {
    EXPECT_TRUE(row.ranks < 8 || row.held_out);
  }
  EXPECT_EQ(result.model.fitted_ranks.at("host"), 8);  // but the constants use all records
}

TEST(Fit, ResidualsThatContradictItAreSaid) {
  std::vector<Record> records = synthetic({}, {2, 4});
  for (auto& r : records) {
    if (r.algorithm == "tree") {  // a tree that is four times as slow as its steps and bytes say
      for (double& us : r.samples_us) {
        us *= 4;
      }
    }
  }
  const FitResult result = fit_host(records);
  const bool said = std::any_of(
      result.model.warnings.begin(), result.model.warnings.end(), [](const std::string& w) {
        return w.find("tree") != std::string::npos;
      });
  EXPECT_TRUE(said);
}

TEST(Fit, WhatCannotBeFittedIsCountedWithItsReason) {
  std::vector<Record> records = synthetic({}, {2});
  records[0].oversubscribed = true;
  records[1].wrong_elements = 1;
  records[2].algorithm = "library";
  records[3].backend = "nccl";
  const FitResult result = fit_host(records);
  EXPECT_EQ(result.left_out.size(), 4U);
}

TEST(Fit, NothingToFitIsAnErrorWithTheReasons) {
  std::vector<Record> records = synthetic({}, {2});
  for (auto& r : records) {
    r.oversubscribed = true;
  }
  try {
    fit_host(records);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("oversubscribed"), std::string::npos);
  }
}

// Steps 8 times below and 32 times above the assumed one, each large enough to be seen beside the
// time of the bytes there.
TEST(FitOfAStep, FindsItFarFromWhereItWasAssumed) {
  constexpr double kSpacing = 4;  // of the sizes
  for (const double noise : {0.0, 0.05}) {
    for (const auto& [us, bytes] : {std::pair(5.0, 4100.0 / 8), std::pair(100.0, 4100.0 * 32)}) {
      const Truth truth{.noise = noise, .long_message_us = us, .long_message_B = bytes};
      const FitResult result = fit_host(synthetic(truth, {2}));
      ASSERT_TRUE(result.long_message_B.has_value()) << noise << ", " << bytes;
      const auto& found = *result.long_message_B;
      EXPECT_LT(std::abs(std::log(found.value / bytes)), std::log(kSpacing)) << found.value;
      EXPECT_LT(found.lo, bytes);
      EXPECT_GT(found.hi, bytes);
      EXPECT_LT(found.hi / found.lo, kSpacing);
    }
  }
}

TEST(FitOfAStep, SaysNothingWhereThereIsNone) {
  for (const double noise : {0.0, 0.05}) {
    const Truth truth{.noise = noise, .long_message_us = 1e-3};
    const FitResult result = fit_host(synthetic(truth, {2}));
    EXPECT_FALSE(result.long_message_B.has_value()) << noise;
    const Inputs& constants = result.model.constants;
    const auto& range = constants.at(constants.index("host.long_message_B")).quantity;
    EXPECT_GT(range.hi / range.lo, 3.5) << noise;  // as wide as what is assumed
  }
}

// The curve of a ring between boxes whose hops turn to rendezvous elsewhere than published.
MeasuredCurve ring_between_boxes(int nodes, double long_message_B) {
  MeasuredCurve curve;
  curve.system = "here";
  curve.cluster = std::make_shared<const Cluster>(load_cluster("hgx-h100"));
  curve.setting = make_setting(*curve.cluster, 8 * nodes, 8);
  curve.algorithm = "ring";
  curve.protocol = "simple";
  for (double bytes = 1024; bytes <= 16.0 * (1 << 30); bytes *= 2) {
    curve.points.push_back({Bytes(bytes), 0, 0.05});
  }
  Inputs truth = published_model().constants;
  truth.set_value(truth.index("shape.long_message_B"), long_message_B);
  truth.set_value(truth.index("net.long_message_us"), 60);
  std::vector<double> log_times(curve.points.size());
  CurveModel(curve, truth).log_times(log_times.data());
  for (std::size_t p = 0; p < log_times.size(); ++p) {
    curve.points[p].log_time = log_times[p];
  }
  return curve;
}

TEST(FitOfAStep, FindsThatOfGpusToo) {
  for (const double bytes : {2128.0 / 8, 2128.0 * 32}) {
    JointFit fit({ring_between_boxes(4, bytes), ring_between_boxes(16, bytes)},
                 published_model().constants,
                 Starts::kThresholds);
    fit.solve();
    const Inputs found = fit.constants("here", Provenance::kMeasured, "test");
    const auto& q = found.at(found.index("shape.long_message_B")).quantity;
    EXPECT_LT(std::abs(std::log(q.value / bytes)), std::log(2.0)) << bytes << ", " << q.value;
  }
}

// An all-reduce on one box, in sizes that NCCL's choice depends on.
std::vector<Record> on_one_box(const std::optional<ChoiceCell>& cell) {
  std::vector<Record> records;
  for (std::uint64_t bytes = 1024; bytes <= 1U << 28U; bytes *= 8) {
    Record r;
    r.collective = Collective::kAllReduce;
    r.backend = "nccl";
    r.algorithm = "library";
    r.origin.versions = {
        {"nccl", "2.28.9"}
    };
    r.bytes = bytes;
    r.ranks = r.ranks_per_node = 8;
    r.samples_us.assign(10, 20 + static_cast<double>(bytes) / 2e5);
    r.rank_median_us.assign(8, r.samples_us[0]);
    if (cell) {
      r.chosen.emplace();
      r.chosen->cell = *cell;
    }
    records.push_back(std::move(r));
  }
  return records;
}

TEST(Fit, WhatNcclToldIsNotGuessed) {
  const Cluster box = load_cluster("hgx-h100");
  for (const FittedRow& row : fit(on_one_box(std::nullopt), box, "").rows) {
    EXPECT_EQ(row.algorithm, "library");
  }
  const FitResult told = fit(on_one_box(ChoiceCell{"tree", "simple"}), box, "");
  EXPECT_FALSE(told.rows.empty());
  for (const FittedRow& row : told.rows) {
    EXPECT_EQ(row.algorithm, "tree");
  }
  // Another protocol takes another time at the same constants.
  const FitResult other = fit(on_one_box(ChoiceCell{"tree", "ll"}), box, "");
  EXPECT_NE(told.rows.front().predicted.si(), other.rows.front().predicted.si());
}

TEST(Fit, ACellThatTheModelDoesNotPriceIsLeftOut) {
  std::vector<Record> records = on_one_box(ChoiceCell{"ring", "simple"});
  for (Record& r : on_one_box(ChoiceCell{"nvls", "ll"})) {
    records.push_back(std::move(r));
  }
  const FitResult result = fit(records, load_cluster("hgx-h100"), "");
  ASSERT_EQ(result.left_out.size(), 1U);
  EXPECT_EQ(result.left_out[0].second, static_cast<int>(records.size() / 2));
}

TEST(ModelFile, WhatIsWrittenIsReadBackAndForecastsTheSame) {
  const FitResult result = fit_host(synthetic({.noise = 0.05}, {2, 4}));
  const Model read = model_from_json(nlohmann::json::parse(to_json(result.model).dump()), "here");
  EXPECT_EQ(to_json(read), to_json(result.model));
  Question q;
  q.ranks = 16;
  q.bytes = {1 << 20};
  const Cluster box = load_cluster("host-box");
  const Prediction a = predict(box, q, result.model).predictions[0];
  const Prediction b = predict(box, q, read).predictions[0];
  EXPECT_EQ(a.time.si(), b.time.si());
  EXPECT_NEAR(a.high.si(), b.high.si(), 1e-4 * a.high.si());  // the covariance is rounded
}

TEST(ModelFile, FaultsAreRefused) {
  const nlohmann::json good = to_json(fit_host(synthetic({}, {2})).model);
  const auto expect_refused = [](const nlohmann::json& j) {
    EXPECT_THROW(model_from_json(j, "here"), Error) << j.dump().substr(0, 200);
  };
  expect_refused(nlohmann::json::array());
  expect_refused({
      {"schema", "fabricast.model/1"}
  });
  nlohmann::json bad = good;
  bad["schema"] = "fabricast.model/2";
  expect_refused(bad);
  bad = good;
  bad["covariance_of_logarithms"] = {{1.0}};
  expect_refused(bad);
  bad = good;
  bad["inputs"]["host.nonsense_us"] = bad["inputs"]["host.alpha_us"];
  expect_refused(bad);
  bad = good;
  bad["inputs"]["host.alpha_us"]["fitted"]["value"] = -1;
  expect_refused(bad);
  bad = good;
  bad["inputs"]["host.alpha_us"]["fitted"]["provenance"] = "guessed";
  expect_refused(bad);
}

TEST(ModelFile, MutantsAreReadOrRefused) {
  const std::string seed = to_json(fit_host(synthetic({}, {2})).model).dump(1);
  int refused = 0;
  for (const std::string& mutant : mutants(seed, fuzz_cases())) {
    try {
      model_from_json(nlohmann::json::parse(mutant, nullptr, false), "here");
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, fuzz_cases() / 4);
}

}  // namespace
}  // namespace fabricast
