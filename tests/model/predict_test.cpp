#include "model/collective/predict.hpp"

#include "core/error.hpp"
#include "model/cluster_override.hpp"
#include "model/collective/nccl_tuner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabricast {
namespace {

using namespace literals;

Question question(Collective collective,
                  int ranks,
                  std::vector<std::uint64_t> bytes,
                  const std::string& algorithm = "auto") {
  Question q;
  q.collective = collective;
  q.ranks = ranks;
  q.bytes = std::move(bytes);
  q.algorithm = algorithm;
  return q;
}

Forecast ask(const std::string& cluster, const Question& q) {
  return predict(load_cluster(cluster), q, published_model());
}

const std::vector<std::uint64_t> kSizes{8, 1024, 1 << 20, 1 << 30};

// The choices and estimates of NCCL 2.30.7's own code for H100 nodes with 8 x 400 Gb/s NICs and
// Intel processors, in microseconds.
struct Golden {
  int ranks;
  const char* algorithm[4];
  const char* protocol[4];
  double estimate_us[4];
};
constexpr Golden kGolden[]{
    {8,    {"ring", "ring", "ring", "nvls"}, {"ll", "ll", "ll", "simple"}, {15.0, 15.0, 28.0, 3972.6}},
    {16,
     {"tree", "tree", "tree", "nvls_tree"},
     {"ll", "ll", "ll128", "simple"},
     {25.2, 25.3, 62.5, 4428.3}                                                                      },
    {128,
     {"tree", "tree", "tree", "nvls_tree"},
     {"ll", "ll", "ll128", "simple"},
     {55.2, 55.3, 117.2, 6045.8}                                                                     },
    {8192,
     {"tree", "tree", "tree", "nvls_tree"},
     {"ll", "ll", "ll128", "simple"},
     {115.2, 115.3, 219.2, 6342.0}                                                                   },
};

TEST(Predict, ChoosesAndEstimatesAsNcclDoes) {
  for (const auto& row : kGolden) {
    Question q = question(Collective::kAllReduce, row.ranks, kSizes);
    q.nccl_version = "2.30.7";
    const Forecast f = ask("hgx-h100", q);
    for (std::size_t i = 0; i < 4; ++i) {
      const Prediction& p = f.predictions[i];
      EXPECT_EQ(p.algorithm, row.algorithm[i]) << row.ranks << " ranks, " << p.bytes;
      EXPECT_EQ(p.protocol, row.protocol[i]) << row.ranks << " ranks, " << p.bytes;
      ASSERT_TRUE(p.nccl_estimate);
      // The golden values are printed with one decimal.
      EXPECT_NEAR(
          in_us(*p.nccl_estimate), row.estimate_us[i], std::max(0.051, 1e-3 * row.estimate_us[i]));
    }
  }
}

TEST(Predict, At100000RanksAllReduceIsNoFlatRing) {
  for (const std::string selection : {"auto", "best"}) {
    const Forecast f =
        ask("colossus-100k", question(Collective::kAllReduce, 100000, kSizes, selection));
    for (const auto& p : f.predictions) {
      EXPECT_NE(p.algorithm, "ring") << selection << " " << p.bytes;
      EXPECT_LT(in_us(p.time), 1e5);
    }
  }
}

TEST(Predict, TheIntervalHoldsTheTimeAndSaysWhatDrivesIt) {
  for (const auto& info : kCollectives) {
    const Forecast f = ask("colossus-100k", question(info.id, 4096, kSizes));
    for (const auto& p : f.predictions) {
      EXPECT_LT(p.low, p.time) << info.name << " " << p.bytes;
      EXPECT_GT(p.high, p.time) << info.name << " " << p.bytes;
      ASSERT_FALSE(p.drivers.empty());
      double shares = 0;
      for (const auto& driver : p.drivers) {
        EXPECT_FALSE(driver.source.empty()) << driver.input;
        shares += driver.share;
      }
      EXPECT_GT(shares, 0.8);
      EXPECT_LE(shares, 1 + 1e-9);
    }
  }
}

TEST(Predict, NothingIsFasterThanTheDatasheetAllows) {
  for (const auto& info : kCollectives) {
    for (const int ranks : {2, 8, 16, 1024, 100000}) {
      const Forecast f =
          ask("colossus-100k", question(info.id, ranks, {1ULL << 20, 1ULL << 34}, "best"));
      for (const auto& p : f.predictions) {
        EXPECT_GE(p.time.si(), p.datasheet_bound.si() * (1 - 1e-12)) << info.name << " " << ranks;
        EXPECT_GE(p.low.si(), p.datasheet_bound.si() * (1 - 1e-12)) << info.name << " " << ranks;
      }
    }
  }
}

TEST(Predict, BestIsNeverSlowerThanAuto) {
  for (const auto& info : kCollectives) {
    for (const int ranks : {8, 64, 100000}) {
      const Forecast chosen = ask("colossus-100k", question(info.id, ranks, kSizes));
      const Forecast best = ask("colossus-100k", question(info.id, ranks, kSizes, "best"));
      for (std::size_t i = 0; i < kSizes.size(); ++i) {
        EXPECT_LE(best.predictions[i].time.si(), chosen.predictions[i].time.si() * (1 + 1e-12))
            << info.name << " " << ranks << " " << kSizes[i];
      }
    }
  }
}

TEST(Predict, TermsAddUpToTheTime) {
  const Forecast f = ask("colossus-100k", question(Collective::kAllReduce, 100000, kSizes));
  for (const auto& p : f.predictions) {
    Seconds sum;
    for (const auto& term : p.terms) {
      sum += term.time;
    }
    EXPECT_NEAR(sum.si(), p.time.si(), 1e-12 * p.time.si());
  }
}

TEST(Predict, SaysHowFarItExtrapolates) {
  const Forecast far = ask("colossus-100k", question(Collective::kAllReduce, 100000, {8}));
  EXPECT_EQ(far.predictions[0].extrapolation.from_ranks, 4096);
  EXPECT_NEAR(far.predictions[0].extrapolation.ratio, 100000.0 / 4096, 1e-9);
  const Forecast near = ask("hgx-h100", question(Collective::kAllReduce, 64, {8}));
  EXPECT_EQ(near.predictions[0].extrapolation.ratio, 1.0);
}

TEST(Predict, FurtherExtrapolationIsLessSure) {
  const auto width = [](int ranks) {
    const Forecast f = ask("colossus-100k", question(Collective::kAllReduce, ranks, {1 << 30}));
    return f.predictions[0].high / f.predictions[0].low;
  };
  EXPECT_GT(width(100000), width(512));
}

TEST(Predict, TheSameQuestionHasTheSameAnswer) {
  const Question q = question(Collective::kAllReduce, 100000, kSizes);
  const Forecast a = ask("colossus-100k", q);
  const Forecast b = ask("colossus-100k", q);
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    EXPECT_EQ(a.predictions[i].time.si(), b.predictions[i].time.si());
    EXPECT_EQ(a.predictions[i].low.si(), b.predictions[i].low.si());
    EXPECT_EQ(a.predictions[i].high.si(), b.predictions[i].high.si());
  }
}

void expect_refused(const std::string& cluster, const Question& q, const std::string& word) {
  try {
    ask(cluster, q);
    ADD_FAILURE() << "was answered; expected a word about " << word;
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find(word), std::string::npos) << text;
    EXPECT_NE(text.find("try: "), std::string::npos) << text;
    EXPECT_EQ(error.exit_code(), ExitCode::kBadInput);
  }
}

TEST(Predict, RefusesWhatHasNoAnswerWithARemedy) {
  const auto all_reduce = [](int ranks) { return question(Collective::kAllReduce, ranks, {8}); };
  expect_refused("colosus-100k", all_reduce(8), "colossus-100k");
  expect_refused("colossus-100k", all_reduce(1), "one rank");
  expect_refused("colossus-100k", all_reduce(-5), "do not fit");
  expect_refused("colossus-100k", all_reduce(200000), "do not fit");
  expect_refused("colossus-100k", all_reduce(1001), "do not divide");
  expect_refused("colossus-100k", question(Collective::kAllReduce, 16, {0}), "0 bytes");
  expect_refused("colossus-100k", question(Collective::kAllReduce, 16, {8}, "rign"), "ring");
  expect_refused("colossus-100k",
                 question(Collective::kAllReduce, 16, {8}, "collnet_direct"),
                 "collnet_direct");
  Question version = all_reduce(16);
  version.nccl_version = "1.0";
  expect_refused("colossus-100k", version, "1.0");
  Question protocol = all_reduce(16);
  protocol.protocol = "ll";
  expect_refused("colossus-100k", protocol, "--protocol");
  Question per_node = all_reduce(16);
  per_node.ranks_per_node = 9;
  expect_refused("colossus-100k", per_node, "ranks per node");
}

TEST(Predict, AutoKeepsPairwiseAndBestFindsThatRailsAreFaster) {
  const auto algorithm = [](const char* selection) {
    return ask("hgx-h100", question(Collective::kAllToAll, 1024, {8}, selection))
        .predictions[0]
        .algorithm;
  };
  EXPECT_EQ(algorithm("auto"), "pairwise");
  EXPECT_EQ(algorithm("best"), "pxn");
  EXPECT_EQ(algorithm("pxn"), "pxn");
}

bool says(const Forecast& f, const std::string& words) {
  return std::any_of(f.notes.begin(), f.notes.end(), [&](const std::string& note) {
    return note.find(words) != std::string::npos;
  });
}

// --- AMD ---

// Bus bandwidths at 4 GiB: https://github.com/stas00/ml-engineering/blob/master/network/README.md .
// Nothing is fitted to them.
TEST(Mi300x, IntervalsHoldWhatWasPublished) {
  constexpr std::pair<int, double> kPublished[]{
      {8, 312.9},
      {2, 47.7 }
  };
  for (const auto& [ranks, GBps] : kPublished) {
    const Bytes message = 4_GiB;
    const Forecast f = ask("hgx-mi300x", question(Collective::kAllReduce, ranks, {1ULL << 32}));
    const Prediction& p = f.predictions[0];
    EXPECT_LT(in_GBps(busbw(Collective::kAllReduce, ranks, message, p.high)), GBps) << ranks;
    EXPECT_GT(in_GBps(busbw(Collective::kAllReduce, ranks, message, p.low)), GBps) << ranks;
  }
}

TEST(Mi300x, EveryCollectiveIsForecastAsUnsureAsItIs) {
  for (const auto& info : kCollectives) {
    const Forecast f = ask("hgx-mi300x", question(info.id, 8, kSizes));
    EXPECT_TRUE(says(f, "RCCL")) << info.name;
    EXPECT_EQ(f.nccl_version, "");
    EXPECT_GT(f.predictions.front().high / f.predictions.front().low, 3) << info.name;
    for (const Prediction& p : f.predictions) {
      EXPECT_FALSE(p.nccl_estimate) << info.name;
      EXPECT_GT(p.provenance, Provenance::kPublished) << info.name << " " << p.bytes;
    }
  }
  EXPECT_FALSE(says(ask("hgx-h100", question(Collective::kAllReduce, 8, {8})), "RCCL"));
}

TEST(Mi300x, SymmetricKernelsAreNotRccls) {
  expect_refused("hgx-mi300x", question(Collective::kAllReduce, 8, {8}, "symmetric"), "NCCL's");
}

TEST(Predict, SaysWhenConnectionsWaitForAnswers) {
  const Question q = question(Collective::kAllReduce, 512, {8, 1ULL << 34});
  const auto over = [&](const char* metres) {
    const std::string set = std::string("fabric.tier[spine].cable_m=") + metres;
    return predict(cluster_variants("hgx-h100", {set}).front().cluster, q, published_model());
  };
  const Forecast far = over("1e6");
  EXPECT_TRUE(says(far, "in_flight_window"));
  const auto& terms = far.predictions[1].terms;
  EXPECT_TRUE(std::any_of(
      terms.begin(), terms.end(), [](const Term& t) { return t.name == "in_flight_window"; }));
  EXPECT_FALSE(says(over("50"), "in_flight_window"));
}

TEST(Predict, AForcedProtocolIsKept) {
  Question q = question(Collective::kAllReduce, 128, {1 << 20}, "ring");
  q.protocol = "ll128";
  const Forecast f = ask("hgx-h100", q);
  EXPECT_EQ(f.predictions[0].algorithm, "ring");
  EXPECT_EQ(f.predictions[0].protocol, "ll128");
}

}  // namespace
}  // namespace fabricast
