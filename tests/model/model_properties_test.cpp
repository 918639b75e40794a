// What must hold for every forecast, whatever the constants are.
#include "core/error.hpp"
#include "model/collective/cost.hpp"
#include "model/collective/predict.hpp"
#include "model/collective/priors.hpp"
#include "model/collective/uncertainty.hpp"
#include "model/fit/joint_fit.hpp"
#include "report/forecast_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>
#include <thread>

namespace fabricast {
namespace {

struct Place {
  const char* cluster;
  int ranks;
  bool registered = false;  // buffers in windows: symmetric kernels, copy engines
};

constexpr Place kPlaces[]{
    {"hgx-h100",      2,      false},
    {"hgx-h100",      8,      false},
    {"hgx-h100",      16,     false},
    {"hgx-h100",      128,    false},
    {"hgx-h100",      8192,   false},
    {"colossus-100k", 100000, false},
    {"hgx-a100",      8,      false},
    {"hgx-a100",      32,     false},
    {"aws-p5",        16,     false},
    {"aws-p5",        512,    false},
    {"hgx-b200",      16,     false},
    {"alcf-polaris",  4,      false},
    {"alcf-polaris",  64,     false},
    {"gb200-nvl72",   72,     false},
    {"gb200-nvl72",   576,    false},
    {"hgx-mi300x",    2,      false},
    {"hgx-mi300x",    8,      false},
    {"hgx-h100",      2,      true },
    {"hgx-h100",      8,      true },
    {"hgx-h100",      16,     true },
    {"hgx-a100",      8,      true },
    {"hgx-b200",      8,      true },
    {"gb200-nvl72",   72,     true },
};

std::string where(const Place& place, Collective collective) {
  return std::string(place.cluster) + " " + std::to_string(place.ranks) + " " +
         (place.registered ? "registered " : "") + std::string(name(collective));
}

std::vector<std::uint64_t> octaves(int from, int to) {
  std::vector<std::uint64_t> sizes;
  for (int octave = from; octave <= to; ++octave) {
    sizes.push_back(std::uint64_t{1} << octave);
  }
  return sizes;
}

Question question(Collective collective, const Place& place, std::vector<std::uint64_t> bytes) {
  Question q;
  q.collective = collective;
  q.ranks = place.ranks;
  q.registered = place.registered;
  q.bytes = std::move(bytes);
  return q;
}

const Model& shipped() {
  static const Model model = published_model();
  return model;
}

Setting setting_at(const Cluster& cluster, const Place& place) {
  Setting setting = make_setting(cluster, place.ranks, 0);
  setting.registered = place.registered;
  return setting;
}

// A communicator and the candidates there: those that `--algorithm auto` weighs, or all.
enum class Which { kUsual, kAll };
struct Communicator {
  Communicator(const Place& place, Collective collective, Which which = Which::kUsual)
      : cluster(load_cluster(place.cluster)),
        setting(setting_at(cluster, place)),
        inputs(inputs_for(cluster, setting, shipped().constants)),
        candidates(setting, collective, "", inputs) {
    if (which == Which::kUsual) {
      candidates.keep_usual();
    }
  }

  Cluster cluster;
  Setting setting;
  Inputs inputs;
  CandidateSet candidates;
};

Bytes bytes(std::uint64_t count) { return Bytes(static_cast<double>(count)); }

// --- more bytes ---

TEST(Properties, MoreBytesNeverMakeACandidateCheaper) {
  for (const Place& place : kPlaces) {
    for (const auto& row : kCollectives) {
      const Communicator c(place, row.id, Which::kAll);
      const Prices prices = c.candidates.prices(c.inputs);
      for (std::size_t i = 0; i < prices.size(); ++i) {
        Seconds before;
        for (double size = 8; size < 64e9; size *= 1.1) {
          const Seconds time = prices[i].at(Bytes(size));
          EXPECT_GE(time, before) << where(place, row.id) << " " << c.candidates[i].algorithm << " "
                                  << c.candidates[i].protocol << " " << size;
          before = time;
        }
      }
    }
  }
}

// What `time` would be if NCCL's likely choice had stayed that of the smaller message.
Seconds with_the_choice_of(const std::vector<double>& weights,
                           const Outlook& outlook,
                           Bytes message) {
  return Seconds(std::exp(blended_log_time(outlook.prices(), weights, message)));
}

// Half of what the weights of the candidates differ by: the probability that moved.
double moved(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += std::abs(a[i] - b[i]) / 2;
  }
  return sum;
}

// A forecast is the mean over NCCL's likely choices, so more bytes can be faster only where that
// choice moves to a candidate that is faster. That it does is seen from the candidates' weights:
// the forecast for the weights of the smaller message must not fall.
TEST(Properties, MoreBytesAreFasterOnlyWhereTheLikelyChoiceMoves) {
  constexpr double kFaster = 0.99;
  constexpr double kMoved = 0.02;
  const auto sizes = octaves(3, 34);
  for (const Place& place : kPlaces) {
    for (const auto& row : kCollectives) {
      const Communicator c(place, row.id);
      const Outlook outlook(c.candidates, c.inputs, Selection::kLikely);
      const Forecast f = predict(c.cluster, question(row.id, place, sizes), shipped());
      for (std::size_t i = 1; i < sizes.size(); ++i) {
        const Prediction& before = f.predictions[i - 1];
        const Prediction& now = f.predictions[i];
        const auto smaller = outlook.estimate(bytes(sizes[i - 1]));
        EXPECT_GE(with_the_choice_of(smaller.weights, outlook, bytes(sizes[i])), smaller.time);
        if (now.time >= before.time * kFaster) {
          continue;
        }
        EXPECT_GT(moved(smaller.weights, outlook.estimate(bytes(sizes[i])).weights), kMoved)
            << where(place, row.id) << " " << sizes[i] << " B: " << in_us(now.time) << " us after "
            << in_us(before.time) << " us";
      }
    }
  }
}

TEST(Properties, MoreBytesAreNeverFasterWithOneAlgorithmAndProtocol) {
  const auto sizes = octaves(3, 34);
  for (const Place& place : kPlaces) {
    for (const auto& row : kCollectives) {
      const Communicator c(place, row.id, Which::kAll);
      for (std::size_t candidate = 0; candidate < c.candidates.size(); ++candidate) {
        Question q = question(row.id, place, sizes);
        q.algorithm = c.candidates[candidate].algorithm;
        q.protocol = c.candidates[candidate].protocol;
        const Forecast f = predict(c.cluster, q, shipped());
        for (std::size_t i = 1; i < sizes.size(); ++i) {
          EXPECT_GE(f.predictions[i].time, f.predictions[i - 1].time)
              << where(place, row.id) << " " << q.algorithm << " " << sizes[i];
        }
      }
    }
  }
}

// --- bounds ---

// Bytes that must pass a node's NICs, over those that busbw counts, by hand: R ranks on N nodes of
// n; with one node the NVLink of one GPU instead. Reduction in a switch halves an all-reduce.
struct Wire {
  BytesPerSecond rate;
  double per_counted;
};

Wire narrowest_wire(const Communicator& c, Collective collective) {
  const double ranks = c.setting.layout.ranks;
  const double n = c.setting.layout.per_node;
  const double nodes = c.setting.nodes;
  const bool all_to_all = collective == Collective::kAllToAll;
  const bool rooted = collective == Collective::kGather || collective == Collective::kScatter;
  const bool whole = collective == Collective::kBroadcast || collective == Collective::kReduce ||
                     collective == Collective::kSendRecv;
  const bool reduces = collective == Collective::kAllReduce;
  if (nodes == 1) {
    const double halved = n / (2 * (n - 1));  // 1 message of 2 (n-1)/n
    return {gigabytes_per_second(c.inputs["scale_up.rate_GBps"]),
            reduces && c.setting.in_node_reduction ? halved : 1};
  }
  const BytesPerSecond node =
      gigabytes_per_second(c.inputs["nic.rate_GBps"]) * double(c.setting.nics_per_node);
  const double shared = (nodes - 1) / nodes * ranks / (ranks - 1);
  return {node,
          whole                                       ? 1
          : all_to_all                                ? n * (ranks - n) / (ranks - 1)
          : rooted                                    ? (ranks - n) / (ranks - 1)
          : reduces && c.setting.in_network_reduction ? ranks / (2 * (ranks - 1))
                                                      : shared};
}

TEST(Properties, BusBandwidthNeverExceedsTheWire) {
  for (const Place& place : kPlaces) {
    for (const auto& row : kCollectives) {
      const Communicator c(place, row.id);
      const Wire wire = narrowest_wire(c, row.id);
      for (const char* selection : {"auto", "best"}) {
        Question q = question(row.id, place, octaves(3, 36));
        q.algorithm = selection;
        for (const auto& p : predict(c.cluster, q, shipped()).predictions) {
          const double limit = in_GBps(wire.rate) / wire.per_counted * (1 + 1e-9);
          EXPECT_LE(in_GBps(busbw(row.id, place.ranks, bytes(p.bytes), p.time)), limit)
              << where(place, row.id) << " " << p.bytes;
          EXPECT_LE(in_GBps(busbw(row.id, place.ranks, bytes(p.bytes), p.low)), limit)
              << where(place, row.id) << " " << p.bytes;
        }
      }
    }
  }
}

// --- one rank ---

TEST(Properties, OneRankIsRefusedWithTheReason) {
  for (const char* cluster : {"hgx-h100", "colossus-100k", "host-box"}) {
    for (const auto& row : kCollectives) {
      try {
        predict(load_cluster(cluster), question(row.id, {cluster, 1}, {1024}), shipped());
        ADD_FAILURE() << cluster << " " << row.name;
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("one rank"), std::string::npos) << error.what();
      }
    }
  }
}

TEST(Properties, OneRankPaysForItsLaunchOnly) {
  for (const char* cluster : {"hgx-h100", "gb200-nvl72", "host-box"}) {
    for (const auto& row : kCollectives) {
      const Communicator c({cluster, 1, true}, row.id, Which::kAll);
      for (std::size_t i = 0; i < c.candidates.size(); ++i) {
        for (const Term& term : terms_at(c.candidates.prices(c.inputs)[i], bytes(1 << 20))) {
          EXPECT_TRUE(term.name == "launch" || term.time == Seconds(0))
              << cluster << " " << row.name << " " << c.candidates[i].algorithm << " " << term.name
              << " " << in_us(term.time) << " us";
        }
      }
    }
  }
}

// --- recovery of constants ---

struct Curve {
  Collective collective;
  const char* algorithm;
  const char* protocol;
  int ranks;
  int ranks_per_node;
};

constexpr double kAlmostSure = 1e-3;  // standard deviation of ln(time): priors have no say

MeasuredCurve made_by_the_model(const std::shared_ptr<const Cluster>& cluster,
                                const Curve& row,
                                const Inputs& truth) {
  MeasuredCurve curve;
  curve.name = row.algorithm;
  curve.system = "synthetic";
  curve.cluster = cluster;
  curve.setting = make_setting(*cluster, row.ranks, row.ranks_per_node);
  curve.collective = row.collective;
  curve.algorithm = row.algorithm;
  curve.protocol = row.protocol;
  for (const std::uint64_t size : octaves(3, 30)) {
    curve.points.push_back({bytes(size), 0, kAlmostSure});
  }
  std::vector<double> times(curve.points.size());
  CurveModel(curve, truth).log_times(times.data());
  for (std::size_t i = 0; i < times.size(); ++i) {
    curve.points[i].log_time = times[i];
  }
  return curve;
}

Inputs moved_priors(const std::vector<std::pair<std::string, double>>& factors) {
  Inputs inputs = prior_inputs();
  for (const auto& [input, factor] : factors) {
    const std::size_t i = inputs.index(input);
    inputs.set_value(i, inputs.value(i) * factor);
  }
  return inputs;
}

// Largest |ln(model / curve)|.
double worst_log_error(const JointFit& fit) {
  double worst = 0;
  for (const CurveModel& model : fit.curves()) {
    std::vector<double> times(model.size());
    model.log_times(times.data());
    for (std::size_t i = 0; i < times.size(); ++i) {
      worst = std::max(worst, std::abs(times[i] - model.curve().points[i].log_time));
    }
  }
  return worst;
}

JointFit fitted(const std::vector<Curve>& rows, const Inputs& truth) {
  const auto cluster = std::make_shared<const Cluster>(load_cluster("hgx-h100"));
  std::vector<MeasuredCurve> curves;
  for (const Curve& row : rows) {
    curves.push_back(made_by_the_model(cluster, row, truth));
  }
  JointFit fit(std::move(curves), prior_inputs());
  EXPECT_GT(worst_log_error(fit), 0.2) << "the truth is not far from the priors";
  fit.solve();
  return fit;
}

TEST(Properties, NoiseFreeCurvesOfManyKindsAreFittedToATenthOfAPercent) {
  using enum Collective;
  const Inputs truth = moved_priors({
      {"launch.ll_us",                    1.3 },
      {"launch.simple_us",                0.8 },
      {"scale_up.hop.ring_simple_us",     0.7 },
      {"scale_up.efficiency.ring_simple", 0.93},
      {"scale_up.efficiency.nvls_simple", 1.08},
      {"scale_up.nvls_round_us",          0.6 },
      {"net.hop.ring_simple_us",          1.4 },
      {"net.hop.tree_ll_us",              0.7 },
      {"net.hop.tree_ll128_us",           1.3 },
      {"net.efficiency.ring_simple",      0.9 },
      {"net.efficiency.tree_ll128",       0.85},
      {"net.efficiency.nvls_tree_simple", 0.9 },
      {"net.remote_peer_us",              1.5 },
      {"net.all_to_all_efficiency",       0.85},
      {"shape.hop_growth",                1.4 },
      {"shape.bandwidth_fade",            1.5 },
      {"shape.fill",                      0.8 },
      {"all_to_all.launch_us",            1.4 }
  });
  std::vector<Curve> rows;
  for (const int ranks : {8, 16, 64, 512}) {
    rows.push_back({kAllReduce, "ring", "simple", ranks, 8});
    rows.push_back({kAllReduce, "tree", "ll", ranks, 8});
    rows.push_back({kAllReduce, "tree", "ll128", ranks, 8});
    rows.push_back({kAllReduce, ranks == 8 ? "nvls" : "nvls_tree", "simple", ranks, 8});
    rows.push_back({kAllGather, "ring", "ll", ranks, 8});
    rows.push_back({kAllToAll, "", "", ranks, 8});
  }
  const JointFit fit = fitted(rows, truth);
  EXPECT_TRUE(fit.converged());
  EXPECT_LT(worst_log_error(fit), 1e-3);
}

// Rings of 2, 4 and 8 ranks tell the cost of a hop from that of the launch; large messages tell the
// rate. Nothing else is multiplied with either.
TEST(Properties, ALatencyAndABandwidthThatCurvesPinDownComeBack) {
  const std::string hop = "scale_up.hop.ring_simple_us";
  const std::string efficiency = "scale_up.efficiency.ring_simple";
  const Inputs truth = moved_priors({
      {"launch.simple_us", 1.6 },
      {hop,                0.55},
      {efficiency,         0.85}
  });
  const JointFit fit = fitted(
      {
          {Collective::kAllReduce, "ring", "simple", 2, 2},
          {Collective::kAllReduce, "ring", "simple", 4, 4},
          {Collective::kAllReduce, "ring", "simple", 8, 8}
  },
      truth);
  const Inputs found = fit.constants("", Provenance::kMeasured, "a test");
  EXPECT_LT(worst_log_error(fit), 1e-3);
  EXPECT_NEAR(found[hop] / truth[hop], 1, 1e-3);
  EXPECT_NEAR(found[efficiency] / truth[efficiency], 1, 1e-3);
}

// --- the same answer, always ---

constexpr Place kRepeated[]{
    {"colossus-100k", 100000, false},
    {"gb200-nvl72",   72,     true },
};

std::string forecast_text() {
  std::ostringstream text;
  for (const Place& place : kRepeated) {
    for (const Collective collective : {Collective::kAllReduce, Collective::kAllToAll}) {
      Question q = question(collective, place, octaves(3, 34));
      q.algorithm = collective == Collective::kAllReduce ? "auto" : "best";
      write_json(text, predict(load_cluster(place.cluster), q, published_model()));
    }
  }
  return text.str();
}

TEST(Determinism, TwentyForecastsAreTheSameText) {
  const std::string first = forecast_text();
  for (int i = 1; i < 20; ++i) {
    EXPECT_EQ(forecast_text(), first);
  }
}

TEST(Determinism, ForecastsOfSeveralThreadsAtOnceAreTheSameText) {
  const std::string alone = forecast_text();
  std::vector<std::string> texts(8);
  std::vector<std::thread> threads;
  for (std::string& text : texts) {
    threads.emplace_back([&text] { text = forecast_text(); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const std::string& text : texts) {
    EXPECT_EQ(text, alone);
  }
}

class GlobalLocale {
 public:
  explicit GlobalLocale(const std::locale& locale) : before_(std::locale::global(locale)) {}
  ~GlobalLocale() { std::locale::global(before_); }
  GlobalLocale(const GlobalLocale&) = delete;
  GlobalLocale& operator=(const GlobalLocale&) = delete;

 private:
  std::locale before_;
};

class GermanNumbers : public std::numpunct<char> {
  [[nodiscard]] char do_decimal_point() const override { return ','; }
  [[nodiscard]] char do_thousands_sep() const override { return '.'; }
  [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

TEST(Determinism, StreamsWithADecimalCommaChangeNothing) {
  const std::string usual = forecast_text();
  const GlobalLocale german(std::locale(std::locale::classic(), new GermanNumbers));
  EXPECT_EQ((std::ostringstream() << 1234.5).str(), "1.234,5");
  EXPECT_EQ(forecast_text(), usual);
}

// Also what strtod and printf follow; needs a locale of the system.
TEST(Determinism, ASystemLocaleWithADecimalCommaChangesNothing) {
  const std::string usual = forecast_text();
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8"}) {
    try {
      const GlobalLocale comma{std::locale(name)};
      EXPECT_EQ(forecast_text(), usual) << name;
      return;
    } catch (const std::runtime_error&) {  // not installed
    }
  }
  GTEST_SKIP() << "this system has no locale with a decimal comma";
}

}  // namespace
}  // namespace fabricast
