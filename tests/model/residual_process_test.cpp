#include "model/fit/residual_process.hpp"

#include "model/collective/predict.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace fabricast {
namespace {

using namespace literals;

constexpr ResidualProcess::Scale kUnseen{0.4, 0.3, 0.1};
constexpr ResidualProcess::Scale kSeen{0.2, 0.25, 0.08};

ResidualPlace at(Bytes message, double nodes = 2) {
  return {Collective::kAllReduce, nodes, 8, message};
}

ResidualProcess knowing(std::vector<Residual> known) { return {kUnseen, kSeen, std::move(known)}; }

TEST(ResidualProcess, OfAnUnseenSystemExpectsNothingAndIsAsUnsureAsItsBand) {
  const ResidualProcess process = knowing({});
  EXPECT_EQ(process.at(at(8_B)).mean, 0);
  EXPECT_DOUBLE_EQ(process.at(at(8_B)).sd, kUnseen.small);
  EXPECT_DOUBLE_EQ(process.at(at(1_MiB)).sd, kUnseen.middle);
  EXPECT_DOUBLE_EQ(process.at(at(1_GiB)).sd, kUnseen.large);
}

// Of bands with unlike widths: a covariance that is not symmetric would not go through both.
TEST(ResidualProcess, GoesThroughWhatIsKnown) {
  const ResidualProcess process = knowing({
      {at(32_KiB), 0.3,  1e-4},
      {at(1_MiB),  -0.2, 1e-4},
      {at(64_MiB), 0.05, 1e-4},
  });
  for (const Residual& known : process.known()) {
    const auto belief = process.at(known.place);
    EXPECT_NEAR(belief.mean, known.log_error, 1e-3);
    EXPECT_LT(belief.sd, 1e-2);
  }
}

TEST(ResidualProcess, CarriesLessTheFurtherAway) {
  const ResidualProcess process = knowing({
      {at(1_MiB), 0.3, 0.01}
  });
  const auto carried = [&](const ResidualPlace& place) { return process.at(place).mean; };
  EXPECT_GT(carried(at(1_MiB)), carried(at(2_MiB)));
  EXPECT_GT(carried(at(2_MiB)), carried(at(4_MiB)));
  EXPECT_GT(carried(at(1_MiB, 4)), carried(at(1_MiB, 64)));
  EXPECT_GT(carried(at(1_MiB, 64)), 0);
  ResidualPlace other = at(1_MiB);
  other.collective = Collective::kAllGather;
  EXPECT_LT(carried(other), carried(at(1_MiB)) / 2);
  EXPECT_LT(process.at(at(1_MiB)).sd, process.at(at(4_MiB)).sd);
}

TEST(ResidualProcess, NoisyRowsAreTrustedLess) {
  const auto mean = [](double log_sd) {
    return knowing({
                       {at(1_MiB), 0.3, log_sd}
    })
        .at(at(1_MiB))
        .mean;
  };
  EXPECT_NEAR(mean(1e-4), 0.3, 1e-3);
  EXPECT_NEAR(mean(kSeen.middle), 0.15, 1e-3);  // as much noise as error: half of it
}

// One node says little of several, whose errors keep the width of unseen systems.
TEST(ResidualProcess, OneNodeDoesNotMakeSeveralSure) {
  const ResidualProcess process = knowing({
      {at(1_MiB, 1), 0.3, 0.01}
  });
  EXPECT_LT(process.at(at(1_MiB, 1)).sd, 0.02);
  EXPECT_GT(process.at(at(1_MiB, 2)).sd, 0.9 * kUnseen.middle);
}

TEST(ResidualProcess, MovesTheForecastNearWhatWasMeasured) {
  const Cluster cluster = load_cluster("hgx-h100");
  Question q;
  q.ranks = 16;
  q.bytes = {1 << 20, 1ULL << 32};
  Model carrying = published_model();
  const auto before = predict(cluster, q, carrying).predictions;
  carrying.errors = knowing({
      {at(1_MiB), 0.4, 1e-3}
  });
  const auto after = predict(cluster, q, carrying).predictions;
  EXPECT_NEAR(std::log(after[0].time / before[0].time), 0.4, 0.01);
  EXPECT_NEAR(std::log(after[1].time / before[1].time), 0, 0.02);
}

}  // namespace
}  // namespace fabricast
