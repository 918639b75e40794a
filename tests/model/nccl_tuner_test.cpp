// NCCL's cost model: estimates and choices against numbers of NCCL's own code, run without a GPU
// (src/graph/tuning.cc of the tag named; nodes as in model/collective/nccl/graphs.toml).
#include "model/collective/nccl_tuner.hpp"

#include "core/chosen.hpp"
#include "core/error.hpp"
#include "model/collective/nccl_constants.hpp"
#include "model/collective/nccl_search.hpp"
#include "model/toml_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace fabricast {
namespace {

using namespace literals;
using enum NcclAlgorithm;
using enum NcclProtocol;

const std::string kNewest{kDefaultNcclVersion};

NcclTopology h100(int nodes, const std::string& cpu = "intel") {
  return {"hopper", cpu, nodes, 8, 400_Gbps, 8, true, false};
}
NcclTopology b200(int nodes) { return {"blackwell", "intel", nodes, 8, 400_Gbps, 8, true, false}; }
NcclTopology a100(int nodes) { return {"ampere", "amd", nodes, 8, 200_Gbps, 8, true, false}; }

std::string cell_name(const NcclCell& c) {
  return std::string(name(c.algorithm)) + "/" + std::string(name(c.protocol));
}

NcclCell cell_of(const NcclTuner& tuner, Collective c, NcclAlgorithm a, NcclProtocol p) {
  const auto cell = tuner.cell(c, a, p);
  EXPECT_TRUE(cell.has_value()) << name(a) << "/" << name(p);
  return cell.value_or(NcclCell{a, p, Seconds(), BytesPerSecond(1), 0});
}

/// Half of the last printed digit, and what 32-bit arithmetic loses.
void expect_printed(double value, double printed, double digit, const std::string& what) {
  EXPECT_NEAR(value, printed, digit / 2 + 1e-4 * printed) << what;
}

// Golden rows: 8 H100 per node, 400 Gb/s per GPU, Intel hosts, all-reduce, 2.30.7.

constexpr std::array kGoldenSizes{8_B, 1_KiB, 1_MiB, 1_GiB};

struct GoldenRow {
  int nodes;
  NcclAlgorithm algorithm;
  NcclProtocol protocol;
  double latency_us;
  double bandwidth_GBps;
  std::array<double, 4> time_us;  // by kGoldenSizes
};

// clang-format off
constexpr std::array kGolden{
    GoldenRow{1, kTree, kLl, 15.2, 43.6, {15.2, 15.2, 63.3, 24654.2}},
    GoldenRow{1, kTree, kLl128, 31.5, 128.8, {31.5, 31.5, 45.1, 8368.0}},
    GoldenRow{1, kTree, kSimple, 64.4, 165.6, {64.4, 64.4, 77.1, 6548.3}},
    GoldenRow{1, kRing, kLl, 15.0, 80.6, {15.0, 15.0, 28.0, 13341.6}},
    GoldenRow{1, kRing, kLl128, 40.6, 189.3, {40.6, 40.6, 46.1, 5714.1}},
    GoldenRow{1, kRing, kSimple, 56.0, 205.7, {56.0, 56.0, 61.1, 5275.6}},
    GoldenRow{1, kNvls, kSimple, 25.0, 272.0, {25.0, 25.0, 28.9, 3972.6}},

    GoldenRow{2, kTree, kLl, 25.2, 16.6, {25.2, 25.3, 151.7, 64806.0}},
    GoldenRow{2, kTree, kLl128, 48.5, 124.8, {48.5, 48.5, 62.5, 8653.6}},
    GoldenRow{2, kTree, kSimple, 92.4, 140.8, {92.4, 92.4, 107.3, 7720.6}},
    GoldenRow{2, kRing, kLl, 40.0, 20.8, {40.0, 40.0, 90.4, 51662.2}},
    GoldenRow{2, kRing, kLl128, 75.2, 156.6, {75.2, 75.2, 81.9, 6932.4}},
    GoldenRow{2, kRing, kSimple, 131.6, 204.8, {131.6, 131.6, 189.4, 5427.1}},
    GoldenRow{2, kNvlsTree, kSimple, 66.8, 246.2, {66.8, 66.8, 71.1, 4428.3}},

    GoldenRow{16, kTree, kLl, 55.2, 8.7, {55.2, 55.3, 297.1, 123900.9}},
    GoldenRow{16, kTree, kLl128, 99.5, 98.6, {99.5, 99.5, 117.2, 10989.4}},
    GoldenRow{16, kTree, kSimple, 176.4, 122.4, {176.4, 176.4, 193.5, 8948.8}},
    GoldenRow{16, kRing, kLl, 311.6, 10.3, {311.6, 311.7, 413.6, 104758.0}},
    GoldenRow{16, kRing, kLl128, 559.6, 148.0, {559.6, 559.6, 566.7, 7816.8}},
    GoldenRow{16, kRing, kSimple, 1190.0, 193.5, {1190.0, 1190.0, 1671.4, 7214.7}},
    GoldenRow{16, kNvlsTree, kSimple, 192.2, 183.4, {192.2, 192.2, 197.9, 6045.8}},

    GoldenRow{1024, kTree, kLl, 115.2, 8.7, {115.2, 115.3, 357.1, 123960.9}},
    GoldenRow{1024, kTree, kLl128, 201.5, 98.6, {201.5, 201.5, 219.2, 11091.4}},
    GoldenRow{1024, kTree, kSimple, 344.4, 122.4, {344.4, 344.4, 361.5, 9116.8}},
    GoldenRow{1024, kRing, kLl, 19866.8, 10.2, {19866.8, 19866.9, 19969.6, 125122.8}},
    GoldenRow{1024, kRing, kLl128, 35436.4, 146.8, {35436.4, 35436.4, 35443.5, 42749.8}},
    GoldenRow{1024, kRing, kSimple, 77394.8, 192.0, {77394.8, 77394.8, 77400.3, 113944.4}},
    GoldenRow{1024, kNvlsTree, kSimple, 443.0, 182.0, {443.0, 443.0, 448.8, 6342.0}},

    GoldenRow{12500, kTree, kLl, 145.2, 8.7, {145.2, 145.3, 387.1, 123990.9}},
    GoldenRow{12500, kTree, kLl128, 252.5, 98.6, {252.5, 252.5, 270.2, 11142.4}},
    GoldenRow{12500, kTree, kSimple, 428.4, 122.4, {428.4, 428.4, 445.5, 9200.8}},
    GoldenRow{12500, kRing, kLl, 242501.2, 10.2, {242501.2, 242501.3, 242604.0, 347769.0}},
    GoldenRow{12500, kRing, kLl128, 432506.0, 146.8, {432506.0, 432506.0, 432513.1, 439820.2}},
    GoldenRow{12500, kRing, kSimple, 944980.4, 192.0, {944980.4, 944980.4, 944985.9, 1328564.9}},
    GoldenRow{12500, kNvlsTree, kSimple, 568.4, 182.0, {568.4, 568.4, 574.2, 6468.0}},
};
// clang-format on

TEST(NcclNames, AreThoseThatRecordsUse) {
  ASSERT_EQ(kNcclAlgorithms.size(), kForcibleAlgorithms);
  for (std::size_t i = 0; i < kForcibleAlgorithms; ++i) {
    EXPECT_EQ(kNcclAlgorithms[i].name, kChoiceAlgorithms[i].name);
  }
  ASSERT_EQ(kNcclProtocols.size(), kChoiceProtocols.size());
  for (std::size_t i = 0; i < kChoiceProtocols.size(); ++i) {
    EXPECT_EQ(kNcclProtocols[i].name, kChoiceProtocols[i].name);
  }
}

TEST(NcclGolden, CellsHaveNcclsLatencyAndBandwidth) {
  for (const GoldenRow& row : kGolden) {
    const NcclTuner tuner(kNewest, h100(row.nodes));
    const auto cell = cell_of(tuner, Collective::kAllReduce, row.algorithm, row.protocol);
    const std::string what = std::to_string(row.nodes) + " nodes, " + cell_name(cell);
    expect_printed(in_us(cell.latency), row.latency_us, 0.1, what);
    expect_printed(in_GBps(cell.bandwidth), row.bandwidth_GBps, 0.1, what);
  }
}

TEST(NcclGolden, EstimatesAreNccls) {
  for (const GoldenRow& row : kGolden) {
    const NcclTuner tuner(kNewest, h100(row.nodes));
    const auto cell = cell_of(tuner, Collective::kAllReduce, row.algorithm, row.protocol);
    for (std::size_t i = 0; i < kGoldenSizes.size(); ++i) {
      const Seconds t = tuner.estimate(cell, Collective::kAllReduce, kGoldenSizes[i]);
      expect_printed(
          in_us(t), row.time_us[i], 0.1, std::to_string(row.nodes) + " nodes, " + cell_name(cell));
    }
  }
}

TEST(NcclGolden, NoOtherCellsAreCompared) {
  for (const int nodes : {1, 2, 16, 1024, 12500}) {
    EXPECT_EQ(NcclTuner(kNewest, h100(nodes)).cells(Collective::kAllReduce).size(), 7U);
  }
}

struct GoldenChoice {
  int nodes = 0;
  std::array<std::string, 4> cells;  // by kGoldenSizes
};
const std::array kGoldenChoices{
    GoldenChoice{1,     {"ring/ll", "ring/ll", "ring/ll", "nvls/simple"}        },
    GoldenChoice{2,     {"tree/ll", "tree/ll", "tree/ll128", "nvls_tree/simple"}},
    GoldenChoice{16,    {"tree/ll", "tree/ll", "tree/ll128", "nvls_tree/simple"}},
    GoldenChoice{1024,  {"tree/ll", "tree/ll", "tree/ll128", "nvls_tree/simple"}},
    GoldenChoice{12500, {"tree/ll", "tree/ll", "tree/ll128", "nvls_tree/simple"}},
};

TEST(NcclGolden, ChoicesAreNcclsWithHostsOfBothMakers) {
  for (const GoldenChoice& row : kGoldenChoices) {
    for (const std::string cpu : {"intel", "amd"}) {
      const NcclTuner tuner(kNewest, h100(row.nodes, cpu));
      for (std::size_t i = 0; i < kGoldenSizes.size(); ++i) {
        EXPECT_EQ(cell_name(tuner.choose(Collective::kAllReduce, kGoldenSizes[i])), row.cells[i])
            << row.nodes << " nodes, " << cpu << ", size " << i;
      }
    }
  }
}

TEST(NcclGolden, AmdHostsPostMessagesMoreSlowly) {
  const NcclTuner tuner(kNewest, h100(16, "amd"));
  const auto latency = [&](NcclProtocol p) {
    return in_us(cell_of(tuner, Collective::kAllReduce, kRing, p).latency);
  };
  EXPECT_NEAR(latency(kLl), 535.6, 0.05);
  EXPECT_NEAR(latency(kLl128), 582.0, 0.05);
  EXPECT_NEAR(latency(kSimple), 1772.4, 0.05);
}

TEST(NcclGolden, AmdHostsCapProtocolLl) {
  // 19 GB/s of bus bandwidth, as algorithm bandwidth of 128 ranks.
  const NcclTuner tuner(kNewest, h100(16, "amd"));
  EXPECT_NEAR(in_GBps(cell_of(tuner, Collective::kAllReduce, kRing, kLl).bandwidth),
              19.0 * 128 / 254,
              1e-9);
}

TEST(NcclGolden, SharpRowsAreNccls) {
  NcclTopology topology = h100(16);
  topology.sharp = true;
  const NcclTuner tuner(kNewest, topology);
  const auto expect = [&](NcclAlgorithm a, double latency_us, double GBps, double digit) {
    const auto cell = cell_of(tuner, Collective::kAllReduce, a, kSimple);
    expect_printed(in_us(cell.latency), latency_us, 0.1, cell_name(cell));
    expect_printed(in_GBps(cell.bandwidth), GBps, digit, cell_name(cell));
  };
  expect(kCollnetDirect, 44.0, 163, 1);
  expect(kCollnetChain, 69.2, 192, 1);
  expect(kNvls, 43.0, 193.5, 0.1);
  const std::array<double, 4> nvls_us{43.0, 43.0, 48.4, 5592};
  for (std::size_t i = 0; i < kGoldenSizes.size(); ++i) {
    const auto cell = tuner.choose(Collective::kAllReduce, kGoldenSizes[i]);
    EXPECT_EQ(cell_name(cell), "nvls/simple");
    expect_printed(in_us(tuner.estimate(cell, Collective::kAllReduce, kGoldenSizes[i])),
                   nvls_us[i],
                   i == 3 ? 1 : 0.1,
                   "nvls");
  }
}

struct GatherRow {
  int nodes;
  std::array<double, 4> best_us;  // by kGoldenSizes
  std::array<double, 4> digit;
};
constexpr std::array kGathers{
    GatherRow{1,     {10.8, 10.8, 17.3, 2642},         {0.1, 0.1, 0.1, 1}},
    GatherRow{2,     {23.3, 23.3, 48.0, 2691},         {0.1, 0.1, 0.1, 1}},
    GatherRow{16,    {159, 159, 210, 3374},            {1, 1, 1, 1}      },
    GatherRow{1024,  {9937, 9937, 9988, 21382},        {1, 1, 1, 1}      },
    GatherRow{12500, {121254, 121254, 121305, 173888}, {1, 1, 1, 1}      },
};

TEST(NcclGolden, AllGatherAndReduceScatterTakeRings) {
  for (const Collective c : {Collective::kAllGather, Collective::kReduceScatter}) {
    for (const GatherRow& row : kGathers) {
      const NcclTuner tuner(kNewest, h100(row.nodes));
      for (std::size_t i = 0; i < kGoldenSizes.size(); ++i) {
        const auto cell = tuner.choose(c, kGoldenSizes[i]);
        EXPECT_EQ(cell.algorithm, kRing);
        expect_printed(in_us(tuner.estimate(cell, c, kGoldenSizes[i])),
                       row.best_us[i],
                       row.digit[i],
                       std::to_string(row.nodes) + " nodes");
      }
    }
  }
}

/// "ring/ll 2097152 nvls/simple": choices over the powers of two up to `most`, with the first size
/// of each but the first.
std::string choices(const NcclTuner& tuner, Collective c, Bytes most) {
  std::string text = cell_name(tuner.choose(c, 8_B));
  std::string last = text;
  for (Bytes size = 8_B; size <= most; size *= 2) {
    const std::string now = cell_name(tuner.choose(c, size));
    if (now != last) {
      text += " " + std::to_string(static_cast<long long>(size.si())) + " " + now;
      last = now;
    }
  }
  return text;
}

std::string kib(int n) { return " " + std::to_string(n * 1024LL) + " "; }
std::string mib(int n) { return " " + std::to_string(n * 1048576LL) + " "; }

TEST(NcclGolden, AllReduceCrossesOverWhereNcclDoes) {
  const auto of = [](int nodes) {
    return choices(NcclTuner(kNewest, h100(nodes)), Collective::kAllReduce, 64_GiB);
  };
  EXPECT_EQ(of(1), "ring/ll" + mib(2) + "nvls/simple");
  EXPECT_EQ(of(2), "tree/ll" + kib(256) + "tree/ll128" + mib(2) + "nvls_tree/simple");
  EXPECT_EQ(of(16),
            "tree/ll" + kib(256) + "tree/ll128" + mib(16) + "nvls_tree/simple" + mib(8192) +
                "ring/simple");
  const std::string large = "tree/ll" + kib(512) + "tree/ll128" + mib(64) + "nvls_tree/simple";
  EXPECT_EQ(of(1024), large);
  EXPECT_EQ(of(12500), large);
}

TEST(NcclGolden, AllGatherCrossesOverWhereNcclDoes) {
  const auto of = [](int nodes) {
    return choices(NcclTuner(kNewest, h100(nodes)), Collective::kAllGather, 64_GiB);
  };
  EXPECT_EQ(of(2), "ring/ll" + mib(1) + "ring/ll128" + mib(64) + "ring/simple");
  EXPECT_EQ(of(16), "ring/ll" + mib(4) + "ring/ll128" + mib(512) + "ring/simple");
  EXPECT_EQ(of(1024), "ring/ll" + mib(256) + "ring/ll128" + mib(32768) + "ring/simple");
}

// Versions.

struct VersionRow {
  std::string version;
  NcclTopology (*topology)(int nodes);
  int nodes;
  std::vector<double> latency_us;  // tree, ring: ll, ll128, simple each; then nvls_tree simple
  std::vector<double> bandwidth_GBps;
};

NcclTopology h100_intel(int nodes) { return h100(nodes); }

// clang-format off
const std::vector<VersionRow> kVersions{
    {"2.18.1", h100_intel, 16,
     {55.2, 99.5, 616, 315, 563.8, 1211.2, 593},
     {10.2, 123.75, 132, 10.2803, 147.956, 181.417, 119.467}},
    {"2.18.6", h100_intel, 16,
     {55.2, 99.5, 168, 315, 563.8, 1211.2, 593},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 181.417, 119.467}},
    {"2.19.4", h100_intel, 16,
     {55.2, 99.5, 616, 315, 563.8, 1211.2, 135},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 181.417, 160}},
    {"2.20.5", h100_intel, 16,
     {55.2, 99.5, 616, 315, 563.8, 1211.2, 135},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 193.512, 160}},
    {"2.22.3", h100_intel, 16,
     {55.2, 99.5, 616, 315, 563.8, 1211.2, 137},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 193.512, 160}},
    {"2.23.4", h100_intel, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 137},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 193.512, 160}},
    {"2.27.7", h100_intel, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 137},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 193.512, 160}},
    {"2.28.3", h100_intel, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 137},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 193.512, 183.433}},
    {"2.28.9", h100_intel, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 192.2},
     {8.67, 98.6, 122.4, 10.2803, 147.956, 193.512, 183.433}},
    {"2.25.1", b200, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 137},
     {8.67, 140.76, 150.144, 10.2803, 178.031, 193.512, 160}},
    {"2.27.7", b200, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 137},
     {8.67, 140.76, 150.144, 10.2803, 178.031, 193.512, 160}},
    {"2.28.3", b200, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 137},
     {8.67, 68, 81.6, 10.2803, 178.031, 193.512, 173.757}},
    {"2.28.9", b200, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 192.2},
     {8.67, 68, 81.6, 10.2803, 178.031, 193.512, 176.58}},
    {"2.29.3", b200, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 192.2},
     {8.67, 68, 81.6, 10.2803, 139.087, 193.512, 176.58}},
    {"2.29.7", b200, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 192.2},
     {8.67, 68, 81.6, 10.2803, 161.26, 193.512, 176.58}},
    {"2.30.7", b200, 16,
     {55.2, 99.5, 176.4, 311.6, 559.6, 1190, 192.2},
     {8.67, 68, 81.6, 10.2803, 161.26, 193.512, 193.512}},
    {"2.18.1", a100, 2,
     {25.2, 48.5, 448, 69.4, 82, 220.4},
     {11.25, 80, 94.4, 12, 85.3333, 102.4}},
    {"2.18.6", a100, 2,
     {25.2, 48.5, 84, 69.4, 82, 220.4},
     {11.25, 80, 94.4, 12, 85.3333, 102.4}},
    {"2.22.3", a100, 2,
     {25.2, 48.5, 448, 69.4, 82, 220.4},
     {11.25, 80, 94.4, 12, 85.3333, 102.4}},
    {"2.30.7", a100, 2,
     {25.2, 48.5, 92.4, 68, 78, 204.4},
     {11.25, 80, 94.4, 12, 85.3333, 102.4}},
};
// clang-format on

TEST(NcclVersions, EveryVersionHasTheNumbersOfItsTag) {
  for (const VersionRow& row : kVersions) {
    const NcclTuner tuner(row.version, row.topology(row.nodes));
    const auto cells = tuner.cells(Collective::kAllReduce);
    ASSERT_EQ(cells.size(), row.latency_us.size()) << row.version;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string what = row.version + " " + cell_name(cells[i]);
      EXPECT_NEAR(in_us(cells[i].latency), row.latency_us[i], 1e-5 * row.latency_us[i]) << what;
      EXPECT_NEAR(in_GBps(cells[i].bandwidth), row.bandwidth_GBps[i], 1e-5 * row.bandwidth_GBps[i])
          << what;
    }
    EXPECT_FALSE(tuner.approximated());
  }
}

TEST(NcclVersions, TreeHopsOfProtocolSimpleCost28MicrosecondsUpTo222ButNotIn2183) {
  const auto hop_us = [](const std::string& version) {
    const auto latency = [&](int nodes) {
      const NcclTuner tuner(version, h100(nodes));
      return in_us(cell_of(tuner, Collective::kAllReduce, kTree, kSimple).latency);
    };
    return (latency(4) - latency(2)) / 2;  // one level more, up and down
  };
  for (const std::string version : {"2.18.1", "2.19.4", "2.20.5", "2.21.5", "2.22.3"}) {
    EXPECT_NEAR(hop_us(version), 28, 1e-6) << version;
  }
  for (const std::string version : {"2.18.3", "2.23.4", "2.30.7"}) {
    EXPECT_NEAR(hop_us(version), 14, 1e-6) << version;
  }
}

TEST(NcclVersions, PatCameWith223AndNeedsOneGpuPerNode) {
  NcclTopology lone{"hopper", "intel", 16, 1, 400_Gbps, 1, true, false};
  EXPECT_FALSE(NcclTuner("2.22.3", lone).cell(Collective::kAllGather, kPat, kSimple));
  const NcclTuner tuner("2.23.4", lone);
  const auto pat = cell_of(tuner, Collective::kAllGather, kPat, kSimple);
  // 8 us, 4 levels of 14/3.5 us, 2.8 us for each rank; 0.85 of two channels of 24 GB/s.
  EXPECT_NEAR(in_us(pat.latency), 8 + 4 * 4 + 16 * 2.8, 1e-6);
  EXPECT_NEAR(in_GBps(pat.bandwidth), 0.85 * 48, 1e-6);
  lone.gpus_per_node = 2;
  lone.nics_per_node = 2;
  EXPECT_FALSE(NcclTuner("2.23.4", lone).cell(Collective::kAllGather, kPat, kSimple));
}

TEST(NcclVersions, NvlsNeedsThreeGpusUpTo2283) {
  const NcclTopology pair{"hopper", "intel", 1, 2, {}, 0, true, false};
  EXPECT_FALSE(NcclTuner("2.28.3", pair).cell(Collective::kAllReduce, kNvls, kSimple));
  EXPECT_TRUE(NcclTuner("2.28.7", pair).cell(Collective::kAllReduce, kNvls, kSimple));
}

TEST(NcclVersions, TheNvlsTreeIsCorrectedOnBlackwellWithX86HostsFrom229) {
  const auto ratio = [](const std::string& version, const NcclTopology& topology) {
    const NcclTuner tuner(version, topology);
    const auto cell = cell_of(tuner, Collective::kAllReduce, kNvlsTree, kSimple);
    const Seconds t = tuner.estimate(cell, Collective::kAllReduce, 1_MiB) - cell.latency;
    return 1_MiB / cell.bandwidth / t;
  };
  EXPECT_NEAR(ratio("2.28.9", b200(4)), 1.0, 1e-9);
  EXPECT_NEAR(ratio("2.29.2", b200(4)), 0.5, 1e-9);
  EXPECT_NEAR(ratio("2.30.7", h100(4)), 1.0, 1e-9);
  NcclTopology gb200{"blackwell", "arm", 4, 4, 400_Gbps, 4, true, false};
  EXPECT_NEAR(ratio("2.30.7", gb200), 1.0, 1e-9);
}

TEST(NcclVersions, EveryFileLoadsForEveryGenerationThatItKnows) {
  for (const std::string& range : nccl_versions()) {
    const std::string first = range.substr(0, range.find('-'));
    for (const std::string architecture : {"volta", "ampere", "ada", "hopper", "blackwell"}) {
      for (const int nodes : {1, 2, 5}) {
        const NcclTopology topology{architecture, "intel", nodes, 8, 200_Gbps, 8, true, true};
        if (architecture == "blackwell" && first < "2.25") {
          EXPECT_THROW(NcclTuner(first, topology), Error) << first;
          continue;
        }
        const NcclTuner tuner(first, topology);
        EXPECT_EQ(tuner.constants(), range);
        for (const NcclCell& cell : tuner.cells(Collective::kAllReduce)) {
          EXPECT_GT(cell.latency, 0_us) << first << " " << architecture << " " << cell_name(cell);
          EXPECT_GT(cell.bandwidth, 0_GBps) << first << " " << architecture << cell_name(cell);
          EXPECT_GT(cell.channels, 0);
        }
      }
    }
  }
}

TEST(NcclVersions, TheDefaultIsTheNewest) {
  const std::string newest = nccl_versions().back();
  EXPECT_EQ(newest.substr(newest.find('-') + 1), kDefaultNcclVersion);
}

TEST(NcclVersions, PatchesTakeTheNearestOlderOneOfTheirMinor) {
  const auto constants = [](const std::string& version) {
    return NcclTuner(version, h100(2)).constants();
  };
  EXPECT_EQ(constants("2.28.12"), "2.28.9");
  EXPECT_EQ(constants("2.29.5"), "2.29.2-2.29.3");
  EXPECT_EQ(constants("2.29.1"), "2.29.2-2.29.3");
  EXPECT_EQ(constants("2.28"), "2.28.9");
  EXPECT_EQ(constants("2.21.5+cuda12.4"), "2.21.5-2.22.3");
  EXPECT_EQ(constants("2.22.1"), "2.21.5-2.22.3");
}

// Properties.

const std::vector<NcclTopology> kSomeTopologies{
    h100(1),
    h100(2),
    h100(7),
    h100(64),
    a100(3),
    b200(9),
    {"hopper",    "amd",   5, 1,  100_Gbps, 1,  false, false},
    {"hopper",    "intel", 5, 3,  400_Gbps, 1,  true,  true },
    {"blackwell", "arm",   3, 72, 400_Gbps, 72, true,  false},
    {"ada",       "intel", 4, 8,  25_Gbps,  1,  false, false},
};
constexpr std::array kEstimated{Collective::kAllReduce,
                                Collective::kAllGather,
                                Collective::kReduceScatter,
                                Collective::kBroadcast,
                                Collective::kReduce};

bool is_corrected(const NcclCell& cell, Collective c) {
  return c == Collective::kAllReduce && (cell.algorithm == kTree || cell.algorithm == kNvlsTree);
}

TEST(NcclEstimate, GrowsWithTheMessageUnlessCorrected) {
  for (const auto& topology : kSomeTopologies) {
    const NcclTuner tuner(kNewest, topology);
    for (const Collective c : kEstimated) {
      for (const NcclCell& cell : tuner.cells(c)) {
        Seconds before = tuner.estimate(cell, c, 0_B);
        EXPECT_EQ(before, cell.latency);
        for (Bytes size = 1_B; size < 16_GiB; size *= 1.7) {
          const Seconds now = tuner.estimate(cell, c, size);
          EXPECT_TRUE(now > before || is_corrected(cell, c)) << cell_name(cell) << size.si();
          before = now;
        }
      }
    }
  }
}

TEST(NcclEstimate, TheTreesCorrectionIsThatOfTheNextLowerPowerOfTwo) {
  const NcclTuner tuner(kNewest, h100(16));
  const auto cell = cell_of(tuner, Collective::kAllReduce, kTree, kLl);
  const auto share = [&](Bytes size) {
    const Seconds t = tuner.estimate(cell, Collective::kAllReduce, size) - cell.latency;
    return size / cell.bandwidth / t;
  };
  EXPECT_NEAR(share(63_B), 1.0, 1e-9);
  EXPECT_NEAR(share(256_KiB), 0.4, 1e-9);  // 64 B x 2^12
  EXPECT_NEAR(share(Bytes(512 * 1024 - 1)), 0.4, 1e-9);
  EXPECT_NEAR(share(1_MiB), 0.5, 1e-9);
  EXPECT_NEAR(share(1_GiB), 1.0, 1e-9);
}

TEST(NcclEstimate, RingsPayAPlateauFrom64BytesPerChannelAndRank) {
  const NcclTuner tuner(kNewest, h100(16));
  const auto cell = cell_of(tuner, Collective::kAllReduce, kRing, kSimple);
  const Bytes edge(64.0 * cell.channels * 128);
  const auto latency = [&](Bytes size) {
    return (tuner.estimate(cell, Collective::kAllReduce, size) - size / cell.bandwidth) /
           cell.latency;
  };
  EXPECT_NEAR(latency(edge - 1_B), 1.0, 1e-9);
  EXPECT_NEAR(latency(edge), 1.4, 1e-9);
}

TEST(NcclChoice, IsTheSmallestEstimate) {
  for (const std::string version : {"2.18.1", "2.27.3", "2.30.7"}) {
    for (const auto& topology : kSomeTopologies) {
      if (topology.architecture == "blackwell" && version < "2.25") {
        continue;
      }
      const NcclTuner tuner(version, topology);
      for (const Collective c : kEstimated) {
        const auto cells = tuner.cells(c);
        ASSERT_FALSE(cells.empty());
        for (Bytes size = 1_B; size < 16_GiB; size *= 3.3) {
          const Seconds chosen = tuner.estimate(tuner.choose(c, size), c, size);
          for (const NcclCell& cell : cells) {
            EXPECT_LE(chosen, tuner.estimate(cell, c, size));
          }
        }
      }
    }
  }
}

TEST(NcclChoice, CollectivesWithoutAModelHaveNoCells) {
  const NcclTuner tuner(kNewest, h100(2));
  for (const auto& row : kCollectives) {
    const bool known = std::count(kEstimated.begin(), kEstimated.end(), row.id) > 0;
    EXPECT_EQ(tuner.cells(row.id).empty(), !known) << row.name;
    if (!known) {
      EXPECT_THROW(static_cast<void>(tuner.choose(row.id, 1_MiB)), Error) << row.name;
    }
  }
}

TEST(NcclChoice, OneRankSendsNothing) {
  const NcclTuner tuner(kNewest, {"hopper", "intel", 1, 1, {}, 0, true, false});
  const auto cell = tuner.choose(Collective::kAllReduce, 1_GiB);
  EXPECT_EQ(tuner.estimate(cell, Collective::kAllReduce, 1_GiB), 0_us);
  EXPECT_TRUE(tuner.cells(Collective::kAllToAll).empty());
}

// Nodes.

TEST(NcclNodes, ThoseOfTheTableAreNotApproximated) {
  for (const auto& topology : {h100(1), h100(2), a100(2), b200(2)}) {
    EXPECT_FALSE(NcclTuner(kNewest, topology).approximated());
  }
}

TEST(NcclNodes, HopperWithArmHostsIsWiredOtherwiseThanTheTable) {
  NcclTopology grace = h100(2, "arm");
  EXPECT_TRUE(NcclTuner(kNewest, grace).approximated());
}

struct OtherNode {
  NcclTopology topology;
  double ring_GBps;  // of all channels, between nodes
};
const std::vector<OtherNode> kOtherNodes{
    {{"hopper", "intel", 16, 8, 50_Gbps, 8, true, false},    8 * 6.0  }, // as NCCL's search finds
    {{"hopper", "intel", 16, 8, 25_Gbps, 2, true, false},    2 * 3.0  }, // as NCCL's search finds
    {{"hopper", "intel", 16, 8, 800_Gbps, 8, true, false},   8 * 48.0 }, // PCIe 5
    {{"hopper", "intel", 16, 8, 100_Gbps, 32, true, false},  8 * 48.0 }, // 4 NICs per GPU
    {{"hopper", "intel", 16, 6, 400_Gbps, 3, true, false},   3 * 48.0 },
    {{"blackwell", "arm", 4, 48, 400_Gbps, 48, true, false}, 16 * 45.1}, // as 64 GPUs
};

TEST(NcclNodes, OthersAreScaledAndSaySo) {
  for (const OtherNode& node : kOtherNodes) {
    const NcclTuner tuner(kNewest, node.topology);
    EXPECT_TRUE(tuner.approximated());
    const auto cell = cell_of(tuner, Collective::kAllGather, kRing, kSimple);
    const double ranks = node.topology.nodes * node.topology.gpus_per_node;
    EXPECT_NEAR(in_GBps(cell.bandwidth), node.ring_GBps * ranks / (ranks - 1), 1e-6);
  }
}

TEST(NcclNodes, NoRingIsFasterThanTheNicsOfANode) {
  for (const std::string architecture : {"volta", "ampere", "hopper", "blackwell"}) {
    for (int gpus = 1; gpus <= 16; ++gpus) {
      for (const int nics : {1, 2, 3, 4, 6, 8, 16}) {
        for (const auto nic : {10_Gbps, 56_Gbps, 100_Gbps, 300_Gbps, 400_Gbps, 1600_Gbps}) {
          const NcclTopology topology{architecture, "intel", 3, gpus, nic, nics, true, false};
          const NcclTuner tuner(kNewest, topology);
          const auto cell = cell_of(tuner, Collective::kAllGather, kRing, kSimple);
          const double ranks = 3.0 * gpus;
          EXPECT_LE(cell.bandwidth * ((ranks - 1) / ranks), nic * nics * (1 + 1e-9))
              << architecture << " " << gpus << " GPUs, " << nics << " NICs of " << in_GBps(nic);
        }
      }
    }
  }
}

TEST(NcclNodes, WithoutAnNvswitchThereIsNoNvls) {
  for (const int nodes : {1, 4}) {
    NcclTopology topology = h100(nodes);
    topology.nvswitch = false;
    for (const NcclCell& cell : NcclTuner(kNewest, topology).cells(Collective::kAllReduce)) {
      EXPECT_TRUE(cell.algorithm == kTree || cell.algorithm == kRing) << cell_name(cell);
    }
  }
}

TEST(NcclNodes, WithoutNvlinkThereIsNoLl128AndHopsCostMore) {
  NcclTopology topology = h100(1);
  topology.nvswitch = false;
  topology.nvlink = false;
  const NcclTuner tuner(kNewest, topology);
  EXPECT_TRUE(tuner.approximated());
  EXPECT_FALSE(tuner.cell(Collective::kAllReduce, kRing, kLl128));
  const auto latency = [&](NcclAlgorithm a, NcclProtocol p) {
    return in_us(cell_of(tuner, Collective::kAllReduce, a, p).latency);
  };
  EXPECT_NEAR(latency(kRing, kSimple), 8.4 + 14 * 5.7, 1e-6);
  EXPECT_NEAR(latency(kRing, kLl), 6.6 + 14 * 1.0, 1e-6);
  EXPECT_NEAR(latency(kTree, kSimple), 8.4 + 2 * 7 * 4.0, 1e-6);
  EXPECT_NEAR(latency(kTree, kLl), 6.8 + 2 * 7 * 1.0, 1e-6);
}

TEST(NcclNodes, ChannelsAreThoseThatNcclOpens) {
  const auto channels = [](const NcclTopology& topology, NcclAlgorithm a) {
    return cell_of(NcclTuner(kNewest, topology), Collective::kAllReduce, a, kSimple).channels;
  };
  EXPECT_EQ(channels(h100(1), kRing), 24);
  EXPECT_EQ(channels(h100(2), kRing), 16);
  EXPECT_EQ(channels(h100(2), kNvlsTree), 16);
  EXPECT_EQ(channels(b200(1), kRing), 32);
  EXPECT_EQ(channels(b200(1), kNvls), 24);
  EXPECT_EQ(channels(a100(1), kRing), 24);
  const NcclTopology half{"hopper", "intel", 2, 5, 400_Gbps, 5, true, false};
  EXPECT_EQ(channels(half, kRing), 20);  // fewer than 16 fast ones are opened four times
}

// Errors.

/// The error's whole text, "" if there is none.
std::string fault_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& fault) {
    return fault.what();
  }
  return "";
}

void expect_fault(const std::string& version,
                  const NcclTopology& topology,
                  const std::string& what,
                  const std::string& remedy) {
  const std::string fault = fault_of([&] { NcclTuner(version, topology); });
  EXPECT_NE(fault.find(what), std::string::npos) << fault;
  EXPECT_NE(fault.find(remedy), std::string::npos) << fault;
}

TEST(NcclErrors, VersionsOutsideOfWhatIsKnownNameTheKnownOnes) {
  expect_fault("2.17.8", h100(1), "2.17 is older", "2.30.3-2.30.7");
  expect_fault("2.31.0", h100(1), "2.31 is newer", "2.18.1, 2.18.3-2.18.6");
  expect_fault("1.30.0", h100(1), "1.30 is older", "2.18.1");
  for (const std::string text :
       {"", "2", "two", "2.x.1", "2.28.", "2.28.9.1", "2.28.9x", "-2.28.9"}) {
    expect_fault(text, h100(1), "is not a version of NCCL", "2.28.9");
  }
}

TEST(NcclErrors, NamesThatDoNotExistAreListed) {
  NcclTopology topology = h100(1);
  topology.architecture = "hoper";
  expect_fault(kNewest, topology, "hoper", "hopper");
  topology = h100(1, "amdd");
  expect_fault(kNewest, topology, "amdd", "amd");
}

TEST(NcclErrors, BlackwellNeeds225) {
  expect_fault("2.24.3", b200(1), "does not know blackwell", "2.30.3-2.30.7");
}

TEST(NcclErrors, CountsThatCannotBe) {
  NcclTopology topology = h100(0);
  expect_fault(kNewest, topology, "0 nodes of 8 GPUs", "ranks");
  topology = h100(1);
  topology.gpus_per_node = -1;
  expect_fault(kNewest, topology, "1 nodes of -1 GPUs", "ranks");
  topology = h100(2'000'000'000);
  expect_fault(kNewest, topology, "2000000000 nodes", "ranks");
  topology = h100(2);
  topology.nics_per_node = 0;
  expect_fault(kNewest, topology, "without a NIC", "rate");
  topology = h100(2);
  topology.nic = BytesPerSecond(std::nan(""));
  expect_fault(kNewest, topology, "without a NIC", "rate");
}

std::string constants_fault(const std::string& text) {
  const auto base = nccl_constants({2, 18, 1});
  return fault_of([&] {
    parse_nccl_constants(read_toml("first = \"2.18.2\"\nlast = \"2.18.2\"\n" + text, "my.toml"),
                         "my.toml",
                         base.get());
  });
}

TEST(NcclErrors, FaultsOfAVersionFileNameFileAndLine) {
  const std::string nvls = "[nvls]\nsource = \"x\"\n";
  EXPECT_EQ(constants_fault(nvls + "least_gpus = 3\n"), "");
  EXPECT_NE(constants_fault("[nvls]\nleast_gpus = 3\n").find("no source\n  at: my.toml:3"),
            std::string::npos);
  EXPECT_NE(constants_fault(nvls + "least = 3\n").find("'least' in table 'nvls'\n  at: my.toml:5"),
            std::string::npos);
  EXPECT_NE(constants_fault(nvls + "form = \"fast\"\n").find("tier_rate"), std::string::npos);
  EXPECT_NE(constants_fault(nvls + "least_gpus = 2.5\n").find("not an integer\n  at: my.toml:5"),
            std::string::npos);
  EXPECT_NE(constants_fault("[tree_correction]\nsource = \"x\"\nll = [1.0]\n")
                .find("not a list of 23 numbers\n  at: my.toml:5"),
            std::string::npos);
  EXPECT_NE(constants_fault("[spare]\n").find("unknown key 'spare'"), std::string::npos);
  EXPECT_NE(constants_fault("[nvls\n").find("my.toml:3"), std::string::npos);
}

TEST(NcclErrors, AFileThatStandsAloneMustBeComplete) {
  const std::string fault = fault_of([] {
    parse_nccl_constants(
        read_toml("first = \"2.18.2\"\nlast = \"2.18.2\"\n", "my.toml"), "my.toml", nullptr);
  });
  EXPECT_NE(fault.find("no 'base_latency_us'"), std::string::npos) << fault;
}

TEST(NcclErrors, FaultsOfTheSearchResultsNameFileAndLine) {
  const std::string head =
      "[bound]\nsource = \"x\"\nsockets_GBps = { intel = 1, amd = 1, arm = 1 }\n"
      "nvlink_GBps = { volta = 1, ampere = 1, hopper = 1, blackwell = 1 }\n"
      "[[search]]\ngeneration = \"hopper\"\nhosts = \"x86\"\nnodes = \"one\"\nsince = \"2.18.1\"\n"
      "source = \"x\"\n";
  const auto fault = [&](const std::string& rest) {
    return fault_of([&] { check_nccl_search(head + rest, "my.toml"); });
  };
  EXPECT_EQ(fault("columns = [\"gpus\"]\nrows = [[8]]\n"), "");
  EXPECT_NE(fault("columns = [\"gpu\"]\nrows = [[8]]\n").find("'gpu'\n  at: my.toml:11"),
            std::string::npos);
  EXPECT_NE(fault("columns = [\"gpus\"]\nrows = [[8],\n[8, 1]]\n").find("2 numbers for 1"),
            std::string::npos);
  EXPECT_NE(fault("columns = [\"gpus\"]\nrows = [[8],\n[\"8\"]]\n").find("my.toml:13"),
            std::string::npos);
  EXPECT_NE(fault("columns = [\"gpus\"]\n").find("no 'rows'"), std::string::npos);
}

}  // namespace
}  // namespace fabricast
