#include "report/cluster_tree.hpp"

#include "tests/model/small_cluster.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(ClusterTree, DrawsTiersGroupsAndNodesWithTheirRates) {
  EXPECT_EQ(cluster_tree(parse_cluster(small_cluster(), "my.toml"), 80),
            R"(small: two boxes
hypothetical, as of 2026-11, design-assumed
fabric backend: roce-v2, links of 400 Gb/s, 1 rail, 1 plane, ecmp routing of
efficiency 0.5 (0.25–1, assumed)

                                                     GB/s per GPU and direction
16 GPUs (assumed)
│ spine: 1 quantum2-qm9700, 16 ports down            12.5 (6.2–25.0, assumed)
└─ 2 x 8 GPUs
   │ leaf: 2 quantum2-qm9700, 8 ports down, 4 up     25.0 (12.5–50.0, assumed)
   │ oversubscription upwards 2 (assumed)
   └─ boxes: 2 nodes of 8 h100-sxm5-80, intel CPU, 8 cx7-400
      └─ nvswitch domain of 8 GPUs, its switches add 450 (datasheet)

unknown
  - everything
)");
}

TEST(ClusterTree, FitsTheTerminalForEveryShippedCluster) {
  for (const auto& name : cluster_names()) {
    const std::string text = cluster_tree(load_cluster(name));
    EXPECT_LE(test::widest_line(text), kTerminalWidth) << text;
    EXPECT_NE(text.find("\nunknown\n"), std::string::npos) << name;
    EXPECT_NE(text.find("└─ "), std::string::npos) << name;
  }
}

TEST(ClusterTree, NamesGroupsAndCountsThemWithinEachOther) {
  const std::string text = cluster_tree(load_cluster("meta-24k-roce"));
  EXPECT_NE(text.find("└─ 8 x 3,072 GPUs (pod)"), std::string::npos) << text;
  EXPECT_NE(text.find("└─ 192 x 16 GPUs (rack)"), std::string::npos) << text;
}

TEST(ClusterTree, ShowsADomainOfSeveralNodes) {
  const std::string text = cluster_tree(load_cluster("gb200-nvl72"));
  EXPECT_NE(text.find("nvswitch domain of 72 GPUs in 18 nodes"), std::string::npos) << text;
}

}  // namespace
}  // namespace fabricast
