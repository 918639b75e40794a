// The published curves, how they are weighed, and that no row that scores was used to tune.
#include "model/fit/validation.hpp"

#include "model/collective/priors.hpp"
#include "model/fit/joint_fit.hpp"
#include "model/fit/size_band.hpp"
#include "model/model_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <tuple>

namespace fabricast {
namespace {

TEST(PublishedCurves, EachHasASourceAClusterAndPositiveTimes) {
  const auto curves = published_curves();
  EXPECT_GT(curves.size(), 100U);
  for (const auto& [measured, left_out_with, sources] : curves) {
    EXPECT_FALSE(left_out_with.empty()) << measured.name;
    ASSERT_FALSE(sources.empty()) << measured.name;
    for (const auto& source : sources) {
      EXPECT_TRUE(source.starts_with("https://")) << measured.name << ": " << source;
    }
    ASSERT_NE(measured.cluster, nullptr) << measured.name;
    EXPECT_GE(measured.setting.layout.ranks, 2) << measured.name;
    EXPECT_FALSE(measured.points.empty()) << measured.name;
    for (const auto& point : measured.points) {
      EXPECT_GT(point.message.si(), 0) << measured.name;
      EXPECT_TRUE(std::isfinite(point.log_time)) << measured.name;  // of a positive time
      EXPECT_LT(point.log_time, std::log(60.0)) << measured.name;
    }
  }
}

TEST(PublishedCurves, SizesOfACurveGrow) {
  for (const auto& curve : published_curves()) {
    const auto& points = curve.measured.points;
    for (std::size_t i = 1; i < points.size(); ++i) {
      EXPECT_LT(points[i - 1].message, points[i].message) << curve.measured.name;
    }
  }
}

TEST(PublishedCurves, ACellWeighsAsAtMostSixPoints) {
  using Cell = std::tuple<std::string, Collective, int, int, SizeBand>;
  std::map<Cell, std::pair<double, int>> cells;
  for (const auto& [m, left_out_with, sources] : published_curves()) {
    for (const auto& point : m.points) {
      auto& [weight, points] = cells[{m.system,
                                      m.collective,
                                      m.setting.layout.ranks,
                                      m.setting.layout.per_node,
                                      size_band(point.message)}];
      EXPECT_GT(point.weight, 0);
      weight += point.weight;
      ++points;
    }
  }
  for (const auto& [cell, content] : cells) {
    const auto& [weight, points] = content;
    EXPECT_NEAR(weight, std::min(points, 6), 1e-9) << std::get<0>(cell);
  }
}

// A few groups, so that a test takes seconds; one has several node counts.
std::vector<PublishedCurve> few_groups() {
  std::vector<PublishedCurve> curves;
  for (const auto& curve : published_curves()) {
    for (const char* group : {"alcf-sophia", "aws-p5", "a100-table"}) {
      if (curve.left_out_with == group) {
        curves.push_back(curve);
      }
    }
  }
  return curves;
}

// Multiplies the measured times of some curves by random factors between a half and two.
template <typename Predicate>
std::vector<PublishedCurve> shaken(std::vector<PublishedCurve> curves, Predicate is_shaken) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> log_factor(-0.69, 0.69);
  for (auto& curve : curves) {
    for (auto& point : curve.measured.points) {
      point.log_time += is_shaken(curve) ? log_factor(random) : 0;
    }
  }
  return curves;
}

// The points of one group, in the order of its curves.
std::vector<JudgedPoint> points_of(const std::vector<JudgedPoint>& points,
                                   const std::string& system) {
  std::vector<JudgedPoint> own;
  for (const auto& p : points) {
    if (p.curve->system == system) {
      own.push_back(p);
    }
  }
  return own;
}

struct Changed {
  int measured = 0;
  int predicted = 0;
  int interval = 0;
};

Changed changed(const std::vector<JudgedPoint>& a, const std::vector<JudgedPoint>& b) {
  EXPECT_EQ(a.size(), b.size());
  EXPECT_GT(a.size(), 20U);
  Changed count;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    count.measured += a[i].measured != b[i].measured ? 1 : 0;
    count.predicted += a[i].predicted != b[i].predicted ? 1 : 0;
    count.interval += a[i].low != b[i].low || a[i].high != b[i].high ? 1 : 0;
  }
  return count;
}

TEST(Validation, NoColdForecastKnowsTheTimesThatItIsJudgedBy) {
  const auto curves = few_groups();
  const auto other =
      shaken(curves, [](const PublishedCurve& c) { return c.left_out_with == "alcf-sophia"; });
  const Validation before = validate(curves);
  const Validation after = validate(other);

  const Changed own = changed(points_of(before.cold_unwidened, "alcf-sophia"),
                              points_of(after.cold_unwidened, "alcf-sophia"));
  EXPECT_GT(own.measured, 20);
  EXPECT_EQ(own.predicted, 0);
  EXPECT_EQ(own.interval, 0);
  EXPECT_EQ(changed(points_of(before.cold, "alcf-sophia"), points_of(after.cold, "alcf-sophia"))
                .predicted,
            0);

  // ... and the forecasts of the others do know them.
  const Changed others =
      changed(points_of(before.cold, "a100-table"), points_of(after.cold, "a100-table"));
  EXPECT_EQ(others.measured, 0);
  EXPECT_GT(others.predicted, 20);
}

// aws-p5 has curves of 2, 4 and 8 nodes: the first two are fitted, the last is forecast.
TEST(Validation, NoWarmForecastKnowsTheScalesThatItIsJudgedBy) {
  const auto curves = few_groups();
  const auto nodes_of = [](int nodes) {
    return [nodes](const PublishedCurve& c) {
      return c.measured.system == "aws-p5" && c.measured.setting.nodes == nodes;
    };
  };
  const Validation before = validate(curves);
  const auto warm = points_of(before.warm, "aws-p5");

  const Validation largest = validate(shaken(curves, nodes_of(8)));
  const Changed unseen = changed(warm, points_of(largest.warm, "aws-p5"));
  EXPECT_GT(unseen.measured, 20);
  EXPECT_EQ(unseen.predicted, 0);
  EXPECT_EQ(unseen.interval, 0);

  const Validation smallest = validate(shaken(curves, nodes_of(2)));
  const Changed known = changed(warm, points_of(smallest.warm, "aws-p5"));
  EXPECT_EQ(known.measured, 0);
  EXPECT_GT(known.predicted, 20);
}

TEST(Calibration, TheShippedConstantsAreThoseOfTheShippedCurves) {
  std::vector<MeasuredCurve> measured;
  for (const auto& curve : published_curves()) {
    measured.push_back(curve.measured);
  }
  JointFit fit(std::move(measured), prior_inputs());
  fit.solve();
  ASSERT_TRUE(fit.converged());
  const Inputs fresh = fit.constants("", Provenance::kPublished, "");
  const Inputs shipped = published_model().constants;
  ASSERT_EQ(fresh.joint().names, shipped.joint().names);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const auto& [name, quantity] = fresh.at(i);
    EXPECT_NEAR(shipped[name] / quantity.value, 1, 1e-6) << name;
  }
}

}  // namespace
}  // namespace fabricast
