#include "model/cluster.hpp"

#include "model/cluster_schema.hpp"
#include "model/cluster_shape.hpp"
#include "model/toml_prescan.hpp"
#include "model/toml_reader.hpp"
#include "tests/model/small_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace fabricast {
namespace {

using namespace literals;

Cluster small(const std::string& from = "two", const std::string& to = "two") {
  return parse_cluster(replaced(small_cluster(), from, to), "my.toml");
}

TEST(Cluster, AFilesOwnPartsComeBeforeTheLibrary) {
  const std::string own = "[gpu.h100-sxm5-80]\narchitecture = \"hopper\"\n" +
                          exactly("scaleup_GBps", "7") + "\n" + exactly("memory_GBps", "9") + "\n";
  const Cluster cluster = parse_cluster(small_cluster() + own, "my.toml");
  EXPECT_EQ(cluster.pools.at(0).node.gpu.scaleup.value, 7_GBps);
  EXPECT_EQ(find_fact(cluster, "gpu.h100-sxm5-80.memory_GBps")->quantity.value, 9);
  EXPECT_EQ(find_fact(cluster, "gpu.h100-sxm5-80.tdp_W"), nullptr);
}

TEST(Cluster, FactsStandOnceInTheOrderOfTheFile) {
  const Cluster cluster = small();
  std::vector<std::string> keys;
  for (const auto& fact : cluster.facts) {
    keys.push_back(fact.key);
  }
  EXPECT_EQ(keys.at(0), "cluster.gpus_total");
  EXPECT_EQ(keys.at(1), "pool.boxes.nodes");
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST(Cluster, WithoutNicsHasNone) {
  const Cluster box = load_cluster("host-box");
  EXPECT_FALSE(box.fabric.has_value());
  EXPECT_FALSE(box.pools.at(0).node.nic.has_value());
  EXPECT_EQ(box.pools.at(0).node.nics, 0);
}

TEST(Cluster, EveryProtocolHasAClass) {
  for (const auto& protocol : kProtocols) {
    const Cluster cluster = small("roce-v2", std::string(protocol.name));
    EXPECT_EQ(cluster.fabric->protocol, protocol.name);
    EXPECT_EQ(cluster.fabric->fabric_class, protocol.fabric_class);
  }
}

TEST(Cluster, EachAliasBelongsToOneClusterAndLoadsIt) {
  const auto names = cluster_names();
  std::set<std::string> taken(names.begin(), names.end());
  for (const auto& name : names) {
    for (const auto& alias : load_cluster(name).aliases) {
      EXPECT_TRUE(taken.insert(alias).second) << alias << " of " << name << " is taken";
      EXPECT_EQ(load_cluster(alias).id, name);
      EXPECT_TRUE(cluster_faults(alias).empty());
    }
  }
}

TEST(Cluster, IsFoundByTheNamesThatPeopleType) {
  for (const auto& [alias, id] : std::vector<std::pair<std::string, std::string>>{
           {"p5",                    "aws-p5"        },
           {"dgx-h100",              "hgx-h100"      },
           {"hgx-h100-single",       "hgx-h100"      },
           {"superpod-h100",         "superpod-h100" },
           {"dgx-superpod-h100-127", "superpod-h100" },
           {"meta-24k-roce",         "meta-24k-roce" },
           {"baseline-25k",          "meta-24k-roce" },
           {"plan-300k-b200",        "plan-300k-b200"},
           {"lab-2node-ethernet",    "lab-2-hosts"   },
           {"gb200-nvl72-xN",        "gb200-nvl72"   },
           {"alibaba-hpn7",          "alibaba-hpn7"  },
           {"colossus",              "colossus-200k" }
  }) {
    EXPECT_EQ(load_cluster(alias).id, id);
  }
}

class ShippedCluster : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedCluster, IsGoodAndNamedAsItsFile) {
  EXPECT_TRUE(cluster_faults(GetParam()).empty());
  const Cluster cluster = load_cluster(GetParam());
  EXPECT_EQ(cluster.id, GetParam());
  EXPECT_FALSE(cluster.unknown.empty());
  for (const auto& fact : cluster.facts) {
    EXPECT_FALSE(fact.quantity.source.empty()) << fact.key;
  }
}

INSTANTIATE_TEST_SUITE_P(Each,
                         ShippedCluster,
                         ::testing::ValuesIn(cluster_names()),
                         [](const auto& shipped) {
                           std::string name = shipped.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Colossus, ComesOutInTheRightUnits) {
  const Cluster colossus = load_cluster("colossus-100k");
  const Node& node = colossus.pools.at(0).node;
  EXPECT_EQ(node.nic->rate.value, 50_GBps);
  EXPECT_EQ(node.nic->rate.value, 400_Gbps);
  EXPECT_EQ(node.nic->achieved.value, gigabytes_per_second(47.5));
  EXPECT_EQ(node.nic->latency.value, microseconds(2.5));
  EXPECT_EQ(node.gpu.scaleup.value, 450_GBps);
  EXPECT_EQ(colossus.fabric->link.value, 400_Gbps);
  EXPECT_EQ(colossus.fabric->fabric_class, "roce");
  EXPECT_EQ(colossus.fabric->tiers.at(0).switch_kind.latency.value, nanoseconds(600));
  EXPECT_EQ(colossus.fabric->tiers.at(0).delay_per_m.value, nanoseconds(5));
  EXPECT_EQ(find_fact(colossus, "power.site_MW")->quantity.value, 150);
  EXPECT_EQ(find_fact(colossus, "power.site_MW")->quantity.provenance, Provenance::kClaim);
}

std::vector<double> switches_of(const Cluster& cluster) {
  std::vector<double> counts;
  for (const auto& shape : tier_shapes(cluster)) {
    counts.push_back(shape.switches);
  }
  return counts;
}

TEST(ClusterShape, ImpliesAsManySwitchesAsThePortsNeed) {
  EXPECT_EQ(switches_of(load_cluster("colossus-100k")), (std::vector<double>{1563, 1563, 782}));
  EXPECT_TRUE(switches_of(load_cluster("host-box")).empty());
}

TEST(ClusterShape, ImpliesTheCountsThatArePublished) {
  // DGX SuperPOD: 127 nodes with H100, 2,048 nodes with B200.
  EXPECT_EQ(switches_of(load_cluster("superpod-h100")), (std::vector<double>{32, 16}));
  EXPECT_EQ(switches_of(load_cluster("superpod-b200")), (std::vector<double>{512, 512, 256}));
  EXPECT_EQ(switches_of(load_cluster("hgx-h100")), (std::vector<double>{512, 512, 256}));
  // A pod of HPN 7.0: 240 leaves, 120 aggregation switches.
  const auto hpn = switches_of(load_cluster("hpn7"));
  EXPECT_EQ(hpn.at(0), 240);
  EXPECT_EQ(hpn.at(1), 120);
  // Meta: a switch per rack of two nodes, 1,536 racks.
  EXPECT_EQ(switches_of(load_cluster("meta-24k-roce")).at(0), 1536);
}

TEST(ClusterShape, PlanesMultiplyTheLeaves) {
  EXPECT_EQ(switches_of(small()), (std::vector<double>{2, 1}));
  EXPECT_EQ(switches_of(small("planes = 1", "planes = 2")), (std::vector<double>{4, 1}));
}

TEST(ClusterShape, EachTierLeavesWhatTheNarrowestTierBelowLetsThrough) {
  const auto shapes = tier_shapes(small());
  EXPECT_EQ(shapes.at(0).per_gpu.value, 25_GBps);
  EXPECT_EQ(shapes.at(1).per_gpu.value, gigabytes_per_second(12.5));
  EXPECT_EQ(shapes.at(1).per_gpu.lo, gigabytes_per_second(6.25));
  EXPECT_EQ(shapes.at(1).per_gpu.hi, 25_GBps);
  EXPECT_EQ(shapes.at(1).per_gpu.provenance, Provenance::kAssumed);
  EXPECT_EQ(shapes.at(0).groups, 2);
}

TEST(ClusterShape, SpareUplinksDoNotMakeANicFaster) {
  const std::string spare =
      replaced(replaced(small_cluster(), "down = 8\nup = 4", "down = 4\nup = 8"),
               exactly("oversub", "2"),
               exactly("oversub", "0.5"));
  EXPECT_EQ(tier_shapes(parse_cluster(spare, "my.toml")).at(1).per_gpu.value, 25_GBps);
}

int hazard_line(std::string_view text) {
  constexpr int kDeepest = 3;
  const auto hazard = first_hazard(text, kDeepest);
  return hazard ? hazard->line : 0;
}

TEST(TomlPrescan, CountsBracketsAndDotsButNotThoseInTextsAndComments) {
  EXPECT_EQ(hazard_line("a.b.c.d = 1"), 0);
  EXPECT_EQ(hazard_line("\na.b.c.d.e = 1"), 2);
  EXPECT_EQ(hazard_line("a = [[[]]]"), 0);
  EXPECT_EQ(hazard_line("a = [[[[]]]]"), 1);
  EXPECT_EQ(hazard_line("a = [ 1.5, 2.5, 3.5, 4.5, 5.5 ]"), 0);
  EXPECT_EQ(hazard_line("a = \"[[[[ \\\" [[[[\" # [[[[\nb = '[[[['"), 0);
  EXPECT_EQ(hazard_line("a = '[[[[\\'\nb = [[[["), 2);
  EXPECT_EQ(hazard_line("\"a.b.c.d.e\".\"f.g.h.i\" = 1"), 0);
}

TEST(TomlPrescan, FindsWhatTheParserDoesNotSurvive) {
  EXPECT_EQ(hazard_line("a = 1\nb = '''"), 2);
  EXPECT_EQ(hazard_line("a = \"\"\n\n\"\"\" = 1"), 3);
  EXPECT_EQ(hazard_line("a = 1\n\xC3\xA9 = 1"), 2);
  EXPECT_EQ(hazard_line("a = '\xC3\xA9' # \xC3\xA9\nb = [\"\xC3\xA9\",\"\xC3\xA9\"]"), 0);
  EXPECT_EQ(hazard_line("a = 1\nb=\"\xC3\xA9\""), 2);
  EXPECT_EQ(hazard_line("a = 1\nb = 1[\"\xC3\xA9\"]"), 2);
  EXPECT_EQ(hazard_line("\xEF\xBB\xBF#\na = ''"), 0);
  EXPECT_EQ(hazard_line("a = 1\n\xEF\xBB\xBF#"), 2);
}

TEST(TomlReader, TellsTheLineOfTextThatTheParserDoesNotExpect) {
  for (const auto* text : {"a = 1\n[&]\nb = 1\n", "a = 1\n[[[a]]]", "a = 1\nb = [}]\n\n"}) {
    try {
      read_toml(text, "my.toml");
      FAIL() << text;
    } catch (const Error& fault) {
      EXPECT_NE(std::string(fault.what()).find("at: my.toml:2"), std::string::npos) << fault.what();
    }
  }
}

TEST(ClusterDocument, ExampleIsGoodAndEveryTableIsNamed) {
  std::ifstream file(FABRICAST_SOURCE_DIR "/docs/cluster-files.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  const std::string fence = "```toml\n";
  const auto fenced = document.find(fence);
  ASSERT_NE(fenced, std::string::npos);
  const auto begin = fenced + fence.size();
  const std::string example = document.substr(begin, document.find("```", begin) - begin);
  EXPECT_EQ(parse_cluster(example, "docs/cluster-files.md").id, "four-boxes");
  for (const auto& row : cluster_rule().keys) {
    EXPECT_NE(document.find("`" + std::string(row.key) + "`"), std::string::npos) << row.key;
  }
}

}  // namespace
}  // namespace fabricast
