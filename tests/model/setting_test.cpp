// From a cluster to what a communicator sees of it.
#include "model/collective/setting.hpp"

#include "core/error.hpp"
#include "model/cluster.hpp"
#include "tests/model/small_cluster.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace fabricast {
namespace {

Setting setting_of(const std::string& cluster, int ranks, int ranks_per_node = 0) {
  return make_setting(load_cluster(cluster), ranks, ranks_per_node);
}

TEST(Setting, ARackThatNvlinkJoinsIsOneNode) {
  const Setting rack = setting_of("gb200-nvl72", 72);
  EXPECT_EQ(rack.nodes, 1);
  EXPECT_EQ(rack.layout.per_node, 72);
  EXPECT_EQ(rack.fabric_class, "none");
  EXPECT_TRUE(rack.in_node_reduction);

  const Setting racks = setting_of("gb200-nvl72", 576);
  EXPECT_EQ(racks.nodes, 8);
  EXPECT_EQ(racks.layout.per_node, 72);
  EXPECT_EQ(racks.nics_per_node, 72);
  EXPECT_EQ(racks.fabric_class, "infiniband");
  for (const auto& tier : racks.tiers) {
    EXPECT_GE(tier.group_nodes, 1) << tier.name;
  }
}

TEST(Setting, RanksPerNodeCountATrayOfARackOrTheWholeRack) {
  EXPECT_EQ(setting_of("gb200-nvl72", 4, 4).nodes, 1);
  EXPECT_EQ(setting_of("gb200-nvl72", 72, 4).layout.per_node, 72);
  EXPECT_EQ(setting_of("gb200-nvl72", 144, 4).nodes, 2);
  EXPECT_EQ(setting_of("gb200-nvl72", 36, 1).nodes, 2);
  EXPECT_EQ(setting_of("gb200-nvl72", 36, 1).nics_per_node, 18);
  EXPECT_EQ(setting_of("gb200-nvl72", 128, 64).nodes, 2);
  EXPECT_EQ(setting_of("gb200-nvl72", 144, 72).nodes, 2);
  EXPECT_THROW(setting_of("gb200-nvl72", 73, 73), Error);
  EXPECT_THROW(setting_of("gb200-nvl72", 2, 4), Error);
  EXPECT_THROW(setting_of("gb200-nvl72", 100), Error);
}

TEST(Setting, ABoxIsANodeWhateverItsRanks) {
  EXPECT_EQ(setting_of("hgx-h100", 16).layout.per_node, 8);
  EXPECT_EQ(setting_of("hgx-h100", 16, 4).nodes, 4);
  EXPECT_EQ(setting_of("hgx-h100", 16, 1).nodes, 16);
  EXPECT_EQ(setting_of("hgx-h100", 2, 1).nics_per_node, 1);
  EXPECT_EQ(setting_of("alcf-polaris", 8).nics_per_node, 2);
  EXPECT_EQ(setting_of("alcf-polaris", 2, 1).nics_per_node, 1);
  EXPECT_THROW(setting_of("hgx-h100", 18, 9), Error);
  EXPECT_THROW(setting_of("hgx-h100", 4, 8), Error);
}

TEST(Setting, InAMeshOfLinksFewerRanksUseFewerOfThem) {
  const auto rate = [](const char* name, int ranks, int per_node) {
    const Cluster cluster = load_cluster(name);
    return inputs_for(
        cluster, make_setting(cluster, ranks, per_node), Inputs())["scale_up.rate_GBps"];
  };
  EXPECT_DOUBLE_EQ(rate("hgx-mi300x", 2, 0), 64);
  EXPECT_DOUBLE_EQ(rate("hgx-mi300x", 4, 0), 192);
  EXPECT_DOUBLE_EQ(rate("hgx-mi300x", 8, 0), 448);
  EXPECT_DOUBLE_EQ(rate("alcf-polaris", 2, 2), 100);
  EXPECT_DOUBLE_EQ(rate("alcf-polaris", 8, 4), 300);
  EXPECT_DOUBLE_EQ(rate("alcf-polaris", 2, 1), 300);
  EXPECT_DOUBLE_EQ(rate("hgx-h100", 2, 0), 450);
}

TEST(Setting, AMixedClusterMovesAtItsSlowestPoolAndSaysSo) {
  const Cluster mixed = load_cluster("colossus-230k");
  const Setting setting = make_setting(mixed, 200000, 0);
  EXPECT_EQ(setting.architecture, "hopper");
  EXPECT_EQ(setting.cpu, "intel");
  EXPECT_EQ(setting.layout.per_node, 8);
  ASSERT_EQ(setting.notes.size(), 1U);
  EXPECT_NE(setting.notes[0].find("slowest pool, h100"), std::string::npos) << setting.notes[0];
  EXPECT_NE(setting.notes[0].find("h200, gb200"), std::string::npos) << setting.notes[0];
  const Inputs inputs = inputs_for(mixed, setting, Inputs());
  EXPECT_EQ(inputs["scale_up.rate_GBps"], 450);
  EXPECT_EQ(inputs["nic.rate_GBps"], 50);
}

TEST(Setting, TwoMakersOfOneNodeAreNoMixture) {
  EXPECT_EQ(load_cluster("colossus-100k").pools.size(), 2U);
  EXPECT_TRUE(setting_of("colossus-100k", 100000).notes.empty());
}

/// small_cluster() with a second pool, of four GPUs and four NICs per node: as fast per GPU.
std::string two_pools(const std::string& gpu, const std::string& nics) {
  const std::string text = small_cluster();
  const auto pool = text.find("[[pool]]");
  const auto fabric = text.find("[fabric]");
  std::string second = text.substr(pool, fabric - pool);
  second = replaced(second, "\"boxes\"", "\"others\"");
  second = replaced(second, "h100-sxm5-80", gpu);
  second = replaced(second, "gpus = 8", "gpus = 4");
  second = replaced(second, "nics = 8", "nics = " + nics);
  return replaced(text.substr(0, fabric) + second + text.substr(fabric),
                  exactly("gpus_total", "16"),
                  exactly("gpus_total", "24"));
}

TEST(Setting, SlownessIsJudgedPerGpu) {
  const auto gpu_of = [](const std::string& text) {
    Cluster cluster = parse_cluster(
        replaced(text, exactly("group_gpus", "16"), exactly("group_gpus", "24")), "my.toml");
    return inputs_for(cluster, make_setting(cluster, 16, 0), Inputs())["scale_up.rate_GBps"];
  };
  EXPECT_EQ(gpu_of(two_pools("b200", "4")), 450);  // half the NICs for half the GPUs: as fast
  EXPECT_EQ(gpu_of(two_pools("b200", "2")), 900);  // half the rate per GPU: slower
}

}  // namespace
}  // namespace fabricast
