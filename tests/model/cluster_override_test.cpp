#include "model/cluster_override.hpp"

#include "core/error.hpp"
#include "model/cluster_shape.hpp"
#include "model/collective/predict.hpp"
#include "tests/model/small_cluster.hpp"
#include "tests/mutation.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace fabricast {
namespace {

using Sets = std::vector<std::string>;

std::vector<ClusterVariant> variants_of(const Sets& sets, const std::string& name = "hgx-h100") {
  return cluster_variants(name, sets);
}

Cluster with(const std::string& set, const std::string& name = "hgx-h100") {
  return variants_of({set}, name).at(0).cluster;
}

std::string fault_of(const Sets& sets, const std::string& name = "hgx-h100") {
  try {
    variants_of(sets, name);
  } catch (const Error& fault) {
    return fault.what();
  }
  return "";
}

const Quantity<double>& fact(const Cluster& cluster, const std::string& key) {
  const Fact* found = find_fact(cluster, key);
  EXPECT_NE(found, nullptr) << key;
  return found->quantity;
}

TEST(ClusterOverride, WithoutSetsIsTheClusterAlone) {
  const auto variants = variants_of({});
  ASSERT_EQ(variants.size(), 1U);
  EXPECT_EQ(variants[0].label, "");
  EXPECT_EQ(variants[0].cluster.facts.size(), load_cluster("hgx-h100").facts.size());
}

TEST(ClusterOverride, AListItemIsChosenByNameOrIndexInBracketsOrBehindADot) {
  for (const auto* key : {"fabric.tier[spine].oversub",
                          "fabric.tier.spine.oversub",
                          "fabric.tier[1].oversub",
                          "fabric.tier.1.oversub"}) {
    const auto variants = variants_of({std::string(key) + "=4"});
    ASSERT_EQ(variants.size(), 1U);
    EXPECT_EQ(variants[0].label, "fabric.tier.spine.oversub=4");
    const Tier& spine = variants[0].cluster.fabric->tiers.at(1);
    EXPECT_EQ(spine.oversub.value, 4);
    EXPECT_EQ(spine.oversub.lo, 4);
    EXPECT_EQ(spine.oversub.hi, 4);
    EXPECT_EQ(spine.oversub.provenance, Provenance::kAssumed);
    EXPECT_EQ(spine.oversub.source, "set on the command line");
  }
}

TEST(ClusterOverride, AListWithoutASelectorMeansEachOfItsTables) {
  const Cluster colossus = with("pool.node.nics=4", "colossus-100k");
  ASSERT_EQ(colossus.pools.size(), 2U);
  EXPECT_EQ(colossus.pools[0].node.nics, 4);
  EXPECT_EQ(colossus.pools[1].node.nics, 4);
  const Cluster first = with("pool[0].node.nics=4", "colossus-100k");
  EXPECT_EQ(first.pools[0].node.nics, 4);
  EXPECT_EQ(first.pools[1].node.nics, 8);
}

TEST(ClusterOverride, OversubOfTheTopTierIsThatOfTheLinksWhichEnterIt) {
  const auto variants = variants_of({"fabric.tier[2].oversub=4"}, "colossus-100k");
  EXPECT_EQ(variants[0].label, "fabric.tier.spine.oversub=4");
  EXPECT_NE(fault_of({"fabric.tier[0].oversub=2"}, "pcie-l40s").find("no uplinks"),
            std::string::npos);
}

TEST(ClusterOverride, UplinksAndSwitchesFollowTheOversubscription) {
  const Cluster tapered = with("fabric.tier[spine].oversub=4");
  EXPECT_EQ(tapered.fabric->tiers[1].up, 8);
  EXPECT_EQ(tier_shapes(tapered)[2].switches, 64);
  EXPECT_EQ(tier_shapes(tapered)[2].per_gpu.value * 4,
            tier_shapes(load_cluster("hgx-h100"))[2].per_gpu.value);
  EXPECT_EQ(with("fabric.tier[spine].oversub=3").fabric->tiers[1].up,
            11);  // not exactly 3: a what-if
}

TEST(ClusterOverride, ANumberMayHaveARange) {
  const Cluster cluster = with("fabric.routing_efficiency=0.6:0.45:0.8");
  EXPECT_EQ(cluster.fabric->routing_efficiency.value, 0.6);
  EXPECT_EQ(cluster.fabric->routing_efficiency.lo, 0.45);
  EXPECT_EQ(cluster.fabric->routing_efficiency.hi, 0.8);
}

TEST(ClusterOverride, WordsIntegersAndFlagsAreSetToo) {
  EXPECT_EQ(with("fabric.protocol=roce-v2").fabric->fabric_class, "roce");
  EXPECT_EQ(with("pool.h100.node.gpu=b200").pools[0].node.gpu.architecture, "blackwell");
  EXPECT_TRUE(with("fabric.in_network_reduction=true").fabric->in_network_reduction);
  EXPECT_EQ(with("fabric.rails=1").fabric->rails, 1);
}

TEST(ClusterOverride, KeysThatTheFileLeavesOutAreAdded) {
  EXPECT_EQ(fact(with("power.site_MW=20"), "power.site_MW").value, 20);
  EXPECT_EQ(fact(with("power.pue=1.1", "alibaba-hpn7"), "power.pue").value, 1.1);
  EXPECT_EQ(fact(with("price.amortise_years=5", "host-box"), "price.amortise_years").value, 5);
}

TEST(ClusterOverride, APartOfTheLibraryChangesForThisClusterAlone) {
  const Cluster slow = with("nic.cx7-400.latency_us=10");
  EXPECT_EQ(slow.pools[0].node.nic->latency.value, microseconds(10));
  EXPECT_EQ(load_cluster("hgx-h100").pools[0].node.nic->latency.value, microseconds(2));
  EXPECT_EQ(with("gpu[h100-sxm5-80].scaleup_GBps=900").pools[0].node.gpu.scaleup.value,
            gigabytes_per_second(900));
}

TEST(ClusterOverride, TheSizeFollowsThePools) {
  EXPECT_EQ(with("pool[0].nodes=100").gpus_total.value, 800);
  EXPECT_EQ(with("pool[0].nodes=100").gpus_total.provenance, Provenance::kDerived);
  EXPECT_NE(fault_of({"pool[0].nodes=100", "cluster.gpus_total=8000"}).find("the pools hold 800"),
            std::string::npos);
}

TEST(ClusterOverride, ListsOfValuesMakeTheirProductTheLastFastest) {
  const auto variants = variants_of({"fabric.tier[spine].oversub=1,2,4", "pool[0].node.nics=8,4"});
  Sets labels;
  for (const auto& variant : variants) {
    labels.push_back(variant.label);
  }
  EXPECT_EQ(labels,
            (Sets{"fabric.tier.spine.oversub=1, pool.h100.node.nics=8",
                  "fabric.tier.spine.oversub=1, pool.h100.node.nics=4",
                  "fabric.tier.spine.oversub=2, pool.h100.node.nics=8",
                  "fabric.tier.spine.oversub=2, pool.h100.node.nics=4",
                  "fabric.tier.spine.oversub=4, pool.h100.node.nics=8",
                  "fabric.tier.spine.oversub=4, pool.h100.node.nics=4"}));
  EXPECT_EQ(variants[3].cluster.fabric->tiers[1].oversub.value, 2);
  EXPECT_EQ(variants[3].cluster.pools[0].node.nics, 4);
}

TEST(ClusterOverride, ATaperSlowsTheForecast) {
  Question question;
  question.collective = Collective::kAllToAll;  // most of it crosses the taper
  question.ranks = 100000;
  question.ranks_per_node = 8;
  question.bytes = {std::uint64_t{1} << 30};
  const Model model = published_model();
  const auto variants = variants_of({"fabric.tier[2].oversub=1,4,16"}, "colossus-100k");
  std::vector<Seconds> times;
  for (const auto& variant : variants) {
    times.push_back(predict(variant.cluster, question, model).predictions.at(0).time);
  }
  EXPECT_LT(times[0], times[1]);
  EXPECT_LT(times[1], times[2]);
}

struct SetFault {
  std::string name;
  Sets sets;
  std::string what;
  std::string remedy;
};

void PrintTo(const SetFault& c, std::ostream* out) { *out << c.name; }

class ClusterOverrideFault : public ::testing::TestWithParam<SetFault> {};

TEST_P(ClusterOverrideFault, IsToldWithTheSetAndARemedy) {
  const auto& c = GetParam();
  const std::string fault = fault_of(c.sets);
  EXPECT_NE(fault.find(c.what), std::string::npos) << fault;
  EXPECT_NE(fault.find("--set"), std::string::npos) << fault;
  const auto remedy = fault.find("\n  try: ");
  ASSERT_NE(remedy, std::string::npos) << fault;
  EXPECT_NE(fault.find(c.remedy, remedy), std::string::npos) << fault;
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(
    Each,
    ClusterOverrideFault,
    ::testing::Values(
        SetFault{"NoValue", {"fabric.rails"}, "needs a value", "=4"},
        SetFault{"EmptyValue", {"fabric.rails="}, "a value is missing", "=1,2,4"},
        SetFault{"EmptyInAList", {"fabric.rails=1,,2"}, "a value is missing", "=1,2,4"},
        SetFault{"NoKey", {"=4"}, "'' is not a key", "--set fabric"},
        SetFault{"OpenBracket", {"fabric.tier[1.oversub=4"}, "is not a key", "--set fabric"},
        SetFault{"TwoDots", {"fabric..rails=4"}, "is not a key", "--set fabric"},
        SetFault{"LastDot", {"fabric.rails.=4"}, "is not a key", "--set fabric"},
        SetFault{"UnknownKey", {"fabric.rials=4"}, "'fabric.rials'", "'fabric.rails'"},
        SetFault{"NoUnit", {"fabric.link=4"}, "'fabric.link'", "'fabric.link_Gbps'"},
        SetFault{"UnknownTier", {"fabric.tier[spin].oversub=4"}, "spin", "'fabric.tier.spine.oversub'"},
        SetFault{"IndexBeyond", {"pool[7].node.nics=4"}, "pool[7].node.nics", "'pool.h100.node.nics'"},
        SetFault{"NegativeIndex", {"pool[-1].node.nics=4"}, "pool[-1]", "'pool.h100.node.nics'"},
        SetFault{"UnknownPart", {"nic.cx9.rate_Gbps=4"}, "nic.cx9", "'nic."},
        SetFault{"ATable", {"fabric=4"}, "'fabric'", "known: as"},
        SetFault{"AList", {"fabric.tier=4"}, "'fabric.tier'", "known: as"},
        SetFault{"BelowANumber", {"fabric.routing_efficiency.v=1"}, "efficiency.v", "efficiency'"},
        SetFault{"TextForNumber", {"fabric.link_Gbps=fast"}, "cannot be 'fast'", "a number"},
        SetFault{"TwoOfThree", {"fabric.link_Gbps=1:2"}, "cannot be '1:2'", "V:LO:HI"},
        SetFault{"Infinite", {"fabric.link_Gbps=inf"}, "cannot be 'inf'", "a number"},
        SetFault{"Fraction", {"fabric.rails=1.5"}, "cannot be '1.5'", "an integer"},
        SetFault{"NotAFlag", {"fabric.in_network_reduction=yes"}, "cannot be 'yes'", "true or false"},
        SetFault{"AList2", {"cluster.unknown=all"}, "cannot be set", "file of your own"},
        SetFault{"Schema", {"schema=1"}, "cannot be set", "file of your own"},
        SetFault{"OutOfRange", {"fabric.routing_efficiency=2"}, "v = 2", "from 1e-06 to 1"},
        SetFault{"RangeUpsideDown", {"fabric.link_Gbps=4:5:6"}, "outside lo = 5", "lo <= v"},
        SetFault{"UnknownWord", {"fabric.protocol=roce"}, "unknown protocol", "roce-v2"},
        SetFault{"UnknownGpu", {"pool[0].node.gpu=h101"}, "unknown gpu", "h100"},
        SetFault{"SetTwice", {"fabric.rails=1", "fabric.rails=2"}, "fabric.rails is set twice", "one --set"},
        SetFault{"SetTwiceByOtherNames", {"fabric.tier[1].oversub=1", "fabric.tier.spine.oversub=2"},
                 "is set twice", "one --set"},
        SetFault{"TooMany", {"fabric.rails=1,2,3,4,5,6,7,8,9,10", "fabric.planes=1,2,3,4,5,6,7,8,9,10",
                             "pool[0].node.nics=1,2,3,4,5,6,7,8,9,10,11"}, "more than 1000", "fewer"}),
    [](const auto& shipped) { return shipped.param.name; });
// clang-format on

TEST(ClusterOverride, AClusterWithoutAFabricGetsNone) {
  const std::string fault = fault_of({"fabric.rails=4"}, "host-box");
  EXPECT_NE(fault.find("this cluster has no fabric"), std::string::npos) << fault;
}

TEST(ClusterOverride, AFaultyFileIsToldBeforeTheSets) {
  const std::string path = ::testing::TempDir() + "faulty.toml";
  std::ofstream(path) << replaced(small_cluster(), "[[pool]]", "[pool]");
  EXPECT_NE(fault_of({"pool[0].node.nics=4"}, path).find("pool is a table"), std::string::npos);
  EXPECT_NE(fault_of({}, "nowhere").find("unknown cluster"), std::string::npos);
}

TEST(ClusterOverride, EveryBrokenSetIsRefusedOrMakesAGoodCluster) {
  const Sets seeds{"fabric.tier[spine].oversub=1,2,4",
                   "pool[0].node.nics=4",
                   "fabric.routing_efficiency=0.6:0.4:0.8",
                   "nic.cx7-400.latency_us=3",
                   "fabric.in_network_reduction=true",
                   "pool.h100.nodes=17"};
  int refused = 0;
  int cases = 0;
  for (const auto& seed : seeds) {
    for (const auto& set : mutants(seed, fuzz_cases() / 4)) {
      SCOPED_TRACE(set);
      ++cases;
      try {
        for (const auto& variant : variants_of({set}, "superpod-h100")) {
          tier_shapes(variant.cluster);
        }
      } catch (const Error& fault) {
        ++refused;
        EXPECT_NE(std::string(fault.what()).find("--set"), std::string::npos) << fault.what();
        EXPECT_NE(std::string(fault.what()).find("\n  try: "), std::string::npos) << fault.what();
      }
    }
  }
  EXPECT_GT(refused, cases / 2) << "the mutations break too little";
}

}  // namespace
}  // namespace fabricast
