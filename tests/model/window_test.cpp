// Symmetric kernels and copy engines: what NCCL estimates, when it takes them, what they cost.
#include "core/error.hpp"
#include "model/collective/nccl_symmetric.hpp"
#include "model/collective/predict.hpp"
#include "model/collective/priors.hpp"
#include "model/collective/window_cost.hpp"
#include "report/forecast_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace fabricast {
namespace {

using namespace literals;
using enum Collective;

// --- NCCL's own estimate ---

// Microseconds at 8 B, 1 KiB, 1 MiB and 1 GiB by the formula and constants of src/sym_kernels.cc,
// NCCL 2.30.7, evaluated apart from this program.
struct Golden {
  SymmetricTeam team;
  Collective collective;
  const char* protocol;
  double time_us[4];
};
constexpr Golden kGolden[]{
    {{8, false, true},  kAllReduce,     "ll",     {4.815, 4.971, 225.935, 227776.887}  },
    {{8, false, true},  kAllReduce,     "simple", {8.113, 8.114, 9.445, 2350.608}      },
    {{8, false, false}, kAllReduce,     "ll",     {4.816, 4.990, 228.587, 230493.051}  },
    {{8, false, false}, kAllReduce,     "simple", {8.113, 8.120, 12.282, 5608.977}     },
    {{2, false, false}, kAllReduce,     "simple", {8.113, 8.117, 10.144, 3208.044}     },
    {{72, true, true},  kAllReduce,     "ll",     {11.335, 11.954, 1090.985, 1106938.7}},
    {{72, true, true},  kAllReduce,     "simple", {19.813, 19.814, 20.188, 1032.389}   },
    {{8, false, true},  kAllGather,     "ll",     {4.814, 4.864, 31.728, 28400.793}    },
    {{8, false, true},  kAllGather,     "simple", {8.113, 8.114, 9.705, 2817.054}      },
    {{72, true, true},  kAllGather,     "ll",     {8.814, 8.853, 22.514, 15381.51}     },
    {{72, true, true},  kAllGather,     "simple", {13.313, 13.314, 14.041, 1655.519}   },
    {{4, false, true},  kReduceScatter, "ll",     {4.814, 4.870, 31.598, 28775.395}    },
    {{4, false, true},  kReduceScatter, "simple", {8.113, 8.115, 9.382, 2415.589}      },
};

TEST(SymmetricEstimate, IsNcclsOwn) {
  constexpr double kSizes[]{8, 1 << 10, 1 << 20, 1 << 30};
  for (const Golden& row : kGolden) {
    for (int i = 0; i < 4; ++i) {
      const auto estimate =
          symmetric_estimate(row.team, row.collective, row.protocol, Bytes(kSizes[i]));
      ASSERT_TRUE(estimate);
      EXPECT_NEAR(in_us(estimate->time), row.time_us[i], 1e-3 + 1e-6 * row.time_us[i])
          << name(row.collective) << " " << row.protocol << " " << kSizes[i];
    }
  }
}

TEST(SymmetricEstimate, PrefersKernelsOfFewBlocks) {
  const auto e = symmetric_estimate({8, false, true}, kAllReduce, "simple", 1_GiB);
  EXPECT_NEAR(in_us(e->rank), 2468.138, 0.01) << "two blocks: 5 % more";
}

TEST(SymmetricEstimate, EndsWhereNcclsKernelsDo) {
  const SymmetricTeam team{8, false, true};
  EXPECT_TRUE(symmetric_estimate(team, kAllReduce, "ll", Bytes(2147483647)));
  EXPECT_FALSE(symmetric_estimate(team, kAllReduce, "ll", 2_GiB));
  EXPECT_TRUE(symmetric_estimate(team, kAllReduce, "simple", 63_GiB));
  EXPECT_FALSE(symmetric_estimate(team, kAllReduce, "simple", 64_GiB));
  EXPECT_FALSE(symmetric_estimate(team, kBroadcast, "simple", 8_B));
  EXPECT_FALSE(symmetric_estimate(team, kAllReduce, "ll128", 8_B));
}

// --- prices ---

struct Where {
  Setting setting;
  Inputs inputs;
};

Where at(const std::string& cluster_name, int ranks) {
  const Cluster cluster = load_cluster(cluster_name);
  Setting setting = make_setting(cluster, ranks, 0);
  Inputs inputs = inputs_for(cluster, setting, prior_inputs());
  return {std::move(setting), std::move(inputs)};
}

Seconds price(const Where& w, Collective collective, Candidate candidate, Bytes message) {
  return make_cost(w.setting, collective, candidate, w.inputs)->price(w.inputs).at(message);
}

TEST(WindowCost, IsLaunchPeersAndBytesByHand) {
  const Where w = at("hgx-h100", 8);
  const Inputs& in = w.inputs;
  const double usable = in["scale_up.rate_GBps"] * in["scale_up.hopper_usable"] * 1e3;  // B/us
  const double us = in["symmetric.simple_us"] + 7 * in["symmetric.peer_us"] +
                    1048576 * (1 + 1.0 / 8) /
                        (usable * in["scale_up.efficiency.nvls_simple"] * in["symmetric.rate"]);
  EXPECT_NEAR(in_us(price(w, kAllReduce, {"symmetric", "simple"}, 1_MiB)), us, 1e-9 * us);
  const double copy_us = in["copy_engine.launch_us"] + 7 * in["copy_engine.peer_us"] +
                         1048576 * (7.0 / 8) / (usable * in["copy_engine.efficiency"]);
  EXPECT_NEAR(in_us(price(w, kAllToAll, {"copy_engine", ""}, 1_MiB)), copy_us, 1e-9 * copy_us);
}

TEST(WindowCost, TwoRanksReadEachOtherWithoutTheSwitch) {
  EXPECT_FALSE(symmetric_multicast(at("hgx-h100", 2).setting));
  EXPECT_TRUE(symmetric_multicast(at("hgx-h100", 3).setting));
  EXPECT_FALSE(symmetric_multicast(at("hgx-a100", 8).setting));
}

// --- when NCCL takes them ---

Question question(Collective collective, int ranks, const std::string& algorithm = "auto") {
  Question q;
  q.collective = collective;
  q.ranks = ranks;
  q.bytes = {8, 1 << 10, 1 << 16, 1 << 20, 1 << 25, 1 << 30};
  q.algorithm = algorithm;
  return q;
}

Question registered(Question q) {
  q.registered = true;
  return q;
}

Forecast ask(const std::string& cluster, const Question& q) {
  return predict(load_cluster(cluster), q, published_model());
}

bool says(const Forecast& f, const std::string& words) {
  return std::any_of(f.notes.begin(), f.notes.end(), [&](const std::string& note) {
    return note.find(words) != std::string::npos;
  });
}

void expect_all_by(const Forecast& f, const std::string& algorithm) {
  for (const Prediction& p : f.predictions) {
    EXPECT_EQ(p.algorithm, algorithm) << f.cluster << " " << name(f.collective) << " " << p.bytes;
  }
}

TEST(Windows, AutoTakesSymmetricKernelsWhereTheBuffersAreRegistered) {
  for (const Collective collective : {kAllReduce, kAllGather, kReduceScatter}) {
    for (const char* cluster : {"hgx-h100", "hgx-b200", "hgx-a100"}) {
      const Forecast f = ask(cluster, registered(question(collective, 8)));
      expect_all_by(f, "symmetric");
      EXPECT_TRUE(says(f, "ncclCommWindowRegister"));
      EXPECT_EQ(f.predictions.front().protocol, "ll");
      EXPECT_EQ(f.predictions.back().protocol, "simple");
    }
  }
}

// The estimate that NCCL would compare is shown, not that of the algorithm it left out.
TEST(Windows, TheEstimateShownIsThatOfTheSymmetricKernel) {
  const Forecast f = ask("hgx-h100", registered(question(kAllReduce, 8)));
  ASSERT_TRUE(f.predictions.back().nccl_estimate);
  EXPECT_NEAR(in_us(*f.predictions.back().nccl_estimate), 2350.608, 0.01);
}

TEST(Windows, WithoutRegisteredBuffersNothingTakesThem) {
  for (const char* selection : {"auto", "best"}) {
    for (const auto& row : kCollectives) {
      const Forecast f = ask("hgx-h100", question(row.id, 8, selection));
      EXPECT_FALSE(says(f, "window")) << row.name;
      for (const Prediction& p : f.predictions) {
        EXPECT_FALSE(needs_windows(p.algorithm)) << row.name << " " << p.bytes;
      }
    }
  }
}

TEST(Windows, AutoLeavesCopyEnginesToThoseWhoAsk) {
  expect_all_by(ask("hgx-h100", registered(question(kAllToAll, 8))), "pairwise");
  const Forecast best = ask("hgx-h100", registered(question(kAllToAll, 8, "best")));
  EXPECT_EQ(best.predictions.back().algorithm, "copy_engine");
  EXPECT_TRUE(says(best, "NCCL_CTA_POLICY_ZERO"));
}

TEST(Windows, ANameIsEnough) {
  expect_all_by(ask("hgx-h100", question(kAllReduce, 8, "symmetric")), "symmetric");
  for (const Collective collective : {kAllGather, kAllToAll, kGather, kScatter}) {
    const Forecast f = ask("gb200-nvl72", question(collective, 72, "copy_engine"));
    expect_all_by(f, "copy_engine");
    EXPECT_TRUE(says(f, "they occupy no SM"));
  }
}

TEST(Windows, TheForecastSaysInJsonThatWindowsMustBeRegistered) {
  std::ostringstream text;
  write_json(text, ask("hgx-h100", question(kAllReduce, 8, "symmetric")));
  EXPECT_NE(text.str().find("ncclCommWindowRegister"), std::string::npos);
}

// Registered windows that NCCL makes nothing of: the forecast is the usual one, with the reason.
struct Unchanged {
  const char* cluster;
  Collective collective;
  int ranks;
  const char* version;
  const char* reason;
};
constexpr Unchanged kUnchanged[]{
    {"hgx-h100",  kAllReduce, 16, "2.30.7", "2 nodes"            },
    {"hgx-h100",  kAllReduce, 8,  "2.21.5", "came with NCCL 2.27"},
    {"hgx-h100",  kBroadcast, 8,  "2.30.7", "no symmetric"       },
    {"pcie-l40s", kAllReduce, 4,  "2.30.7", "joined by PCIe"     },
};

TEST(Windows, ThatChangeNothingSayWhy) {
  for (const Unchanged& row : kUnchanged) {
    Question q = question(row.collective, row.ranks);
    q.nccl_version = row.version;
    const Forecast usual = ask(row.cluster, q);
    const Forecast f = ask(row.cluster, registered(q));
    EXPECT_TRUE(says(f, row.reason)) << row.cluster << " " << row.reason;
    for (std::size_t i = 0; i < f.predictions.size(); ++i) {
      EXPECT_EQ(f.predictions[i].time, usual.predictions[i].time);
      EXPECT_EQ(f.predictions[i].low, usual.predictions[i].low);
      EXPECT_EQ(f.predictions[i].high, usual.predictions[i].high);
    }
  }
}

struct Refused {
  const char* cluster;
  Collective collective;
  int ranks;
  const char* algorithm;
  const char* version;
  const char* reason;
  const char* remedy;
};
constexpr Refused kRefused[]{
    {"hgx-h100",  kAllReduce, 16, "symmetric",   "",       "2 nodes",             "at most 8 ranks"},
    {"hgx-h100",  kAllToAll,  16, "copy_engine", "",       "2 nodes",             "at most 8 ranks"},
    {"hgx-h100",  kAllReduce, 8,  "symmetric",   "2.26.2", "came with NCCL 2.27", "2.27 or newer"  },
    {"hgx-h100",  kAllToAll,  8,  "copy_engine", "2.27.5", "came with NCCL 2.28", "2.28 or newer"  },
    {"hgx-h100",  kAllReduce, 8,  "copy_engine", "",       "no copy_engine",      "all_gather"     },
    {"hgx-h100",  kAllToAll,  8,  "symmetric",   "",       "no symmetric",        "reduce_scatter" },
    {"pcie-l40s", kAllReduce, 4,  "symmetric",   "",       "joined by PCIe",      "another"        },
    {"host-box",  kAllReduce, 4,  "symmetric",   "",       "NCCL's",              "auto"           },
};

TEST(Windows, WhatCannotRunIsRefusedWithARemedy) {
  for (const Refused& row : kRefused) {
    Question q = question(row.collective, row.ranks, row.algorithm);
    q.nccl_version = row.version;
    try {
      ask(row.cluster, q);
      ADD_FAILURE() << row.cluster << " " << row.algorithm << " was answered";
    } catch (const Error& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find(row.reason), std::string::npos) << text;
      EXPECT_NE(text.find("try: "), std::string::npos) << text;
      EXPECT_NE(text.find(row.remedy), std::string::npos) << text;
      EXPECT_EQ(error.exit_code(), ExitCode::kBadInput);
    }
  }
}

}  // namespace
}  // namespace fabricast
