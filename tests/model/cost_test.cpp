#include "model/collective/cost.hpp"

#include "model/cluster_override.hpp"
#include "model/collective/gpu_cost.hpp"
#include "model/collective/priors.hpp"
#include "model/collective/shape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabricast {
namespace {

using namespace literals;

struct Where {
  Setting setting;
  Inputs inputs;
};

Where at(const Cluster& cluster, int ranks, int per_node = 0) {
  Setting setting = make_setting(cluster, ranks, per_node);
  Inputs inputs = inputs_for(cluster, setting, prior_inputs());
  return {std::move(setting), std::move(inputs)};
}

Where at(const std::string& cluster_name, int ranks, int per_node = 0) {
  return at(load_cluster(cluster_name), ranks, per_node);
}

Seconds price(const Where& w, Collective collective, Candidate candidate, Bytes message) {
  return make_cost(w.setting, collective, candidate, w.inputs)->price(w.inputs).at(message);
}

// By hand from priors.toml: 2(R-1) steps, 14 on NVLink, 2 over the network; hop growth is 0 on 2
// nodes.
TEST(GpuCost, RingOfTwoNodesIsTheFormulaByHand) {
  const Where w = at("hgx-h100", 16);
  const double chunk = 8.0 / 16 / 16;
  const double announced =
      long_message_share(Bytes(chunk), Bytes(w.inputs["shape.long_message_B"]));
  const double hop =
      w.inputs["net.hop.ring_simple_us"] * w.inputs["infiniband.latency"] +
      w.inputs["infiniband.wire_us"] +
      w.inputs["net.long_message_us"] * w.inputs["infiniband.long_message"] * announced;
  const double us =
      w.inputs["launch.simple_us"] + 28 * w.inputs["scale_up.hop.ring_simple_us"] + 2 * hop;
  const Seconds t = price(w, Collective::kAllReduce, {"ring", "simple", 16}, 8_B);
  EXPECT_NEAR(in_us(t), us, 1e-3 * us);
}

TEST(GpuCost, TermsAddUpToTheTotal) {
  const Where w = at("colossus-100k", 100000);
  for (const auto& candidate : priceable(w.setting, Collective::kAllReduce)) {
    const Price price =
        make_cost(w.setting, Collective::kAllReduce, candidate, w.inputs)->price(w.inputs);
    Seconds sum;
    for (const auto& term : terms_at(price, 64_MiB)) {
      EXPECT_GE(term.time.si(), 0) << candidate.algorithm << " " << term.name;
      sum += term.time;
    }
    EXPECT_DOUBLE_EQ(sum.si(), price.at(64_MiB).si()) << candidate.algorithm;
  }
}

TEST(GpuCost, MoreBytesAreNeverCheaper) {
  for (const int ranks : {8, 16, 1024, 100000}) {
    const Where w = at("colossus-100k", ranks);
    for (const auto& info : kCollectives) {
      for (const auto& candidate : priceable(w.setting, info.id)) {
        const Price price = make_cost(w.setting, info.id, candidate, w.inputs)->price(w.inputs);
        Seconds before;
        for (double bytes = 1; bytes < 1e12; bytes *= 3) {
          const Seconds t = price.at(Bytes(bytes));
          ASSERT_GE(t, before) << info.name << " " << candidate.algorithm << " " << bytes;
          before = t;
        }
      }
    }
  }
}

TEST(GpuCost, MoreNodesAreNeverCheaper) {
  for (const auto& info : kCollectives) {
    for (const double bytes : {8.0, 1e6, 1e9}) {
      std::map<std::string, Seconds> before;
      for (int nodes = 4; nodes <= 8192; nodes *= 2) {
        const Where w = at("colossus-100k", nodes * 8);
        for (const auto& c : priceable(w.setting, info.id)) {
          const Seconds t = price(w, info.id, {c.algorithm, c.protocol, 16}, Bytes(bytes));
          // Equal bytes leave a node for any N; rounding aside a larger machine is not faster.
          Seconds& last = before[c.algorithm + c.protocol];
          ASSERT_GE(t.si(), last.si() * 0.999) << info.name << " " << c.algorithm << " " << nodes;
          last = t;
        }
      }
    }
  }
}

TEST(GpuCost, AFlatRingAt100000RanksIsHundredsOfMillisecondsAndATreeIsNot) {
  const Where w = at("colossus-100k", 100000);
  EXPECT_GT(in_us(price(w, Collective::kAllReduce, {"ring", "simple", 16}, 8_B)), 1e5);
  EXPECT_LT(in_us(price(w, Collective::kAllReduce, {"tree", "ll", 16}, 8_B)), 2e3);
}

TEST(GpuCost, TaperSlowsAllToAllByItsFactorAndNotARingPlacedInOrder) {
  const Cluster cluster = load_cluster("colossus-100k");
  const Setting setting = make_setting(cluster, 100000, 8);
  Inputs flat = inputs_for(cluster, setting, prior_inputs());
  Inputs tapered = flat;
  tapered.set_value(tapered.index("fabric.tier[spine].oversub"), 4);
  const Bytes message = Bytes(1e12);
  const auto slow_down = [&](Collective collective, const Candidate& candidate) {
    const auto cost = make_cost(setting, collective, candidate, flat);
    return cost->price(tapered).at(message) / cost->price(flat).at(message);
  };
  const double leaves_the_block = 1 - 25000.0 / 100000;
  EXPECT_NEAR(slow_down(Collective::kAllToAll, {"pairwise", ""}), 4 * leaves_the_block, 0.05);
  EXPECT_NEAR(slow_down(Collective::kAllToAll, {"pxn", ""}), 4 * leaves_the_block, 0.05);
  EXPECT_DOUBLE_EQ(slow_down(Collective::kAllReduce, {"ring", "simple", 16}), 1.0);
}

TEST(GpuCost, SharpAlgorithmsAreOfferedOnlyWhereTheFabricReduces) {
  Where w = at("hgx-h100", 64);
  const auto offered = [&](std::string_view name) {
    for (const auto& c : priceable(w.setting, Collective::kAllReduce)) {
      if (c.algorithm == name) {
        return true;
      }
    }
    return false;
  };
  EXPECT_FALSE(offered("collnet_direct"));
  EXPECT_FALSE(offered("nvls"));
  EXPECT_TRUE(offered("nvls_tree"));
  w.setting.in_network_reduction = true;
  EXPECT_TRUE(offered("collnet_direct"));
  EXPECT_TRUE(offered("nvls"));
}

// --- all-to-all by rails ---

bool offers(const Where& w, Collective collective, std::string_view algorithm) {
  const auto list = priceable(w.setting, collective);
  return std::any_of(
      list.begin(), list.end(), [&](const Candidate& c) { return c.algorithm == algorithm; });
}

// By hand: launch, seven local peers and seven hand-overs, one message per other node.
TEST(Pxn, SendsOneMessagePerNode) {
  const Where w = at("hgx-h100", 1024);
  const double us = w.inputs["all_to_all.launch_us"] + 14 * w.inputs["all_to_all.local_peer_us"] +
                    127 * w.inputs["net.remote_peer_us"] * w.inputs["infiniband.remote_peer"];
  EXPECT_NEAR(in_us(price(w, Collective::kAllToAll, {"pxn", ""}, 8_B)), us, 1e-3 * us);
}

TEST(Pxn, MovesMoreOverNvlinkAndAsMuchOverTheNetwork) {
  const Where w = at("hgx-h100", 1024);
  const auto rate_of = [&](const char* algorithm, const char* input) {
    Inputs alone = w.inputs;  // the other link takes no time
    alone.set_value(alone.index(input), alone[input] * 1e6);
    const auto cost = make_cost(w.setting, Collective::kAllToAll, {algorithm, ""}, w.inputs);
    return Bytes(1e15) / cost->price(alone).at(Bytes(1e15));
  };
  EXPECT_NEAR(
      rate_of("pxn", "scale_up.rate_GBps") / rate_of("pairwise", "scale_up.rate_GBps"), 1, 1e-6);
  EXPECT_NEAR(rate_of("pairwise", "nic.rate_GBps") / rate_of("pxn", "nic.rate_GBps"), 128, 0.1);
}

TEST(Pxn, IsOfferedWhereNodesHaveRailsThatNvlinkJoins) {
  EXPECT_TRUE(offers(at("hgx-h100", 16), Collective::kAllToAll, "pxn"));
  EXPECT_FALSE(offers(at("hgx-h100", 8), Collective::kAllToAll, "pxn")) << "one node";
  EXPECT_FALSE(offers(at("hgx-h100", 16, 1), Collective::kAllToAll, "pxn")) << "one rail";
  EXPECT_FALSE(offers(at("hgx-h100", 16), Collective::kGather, "pxn"));
  Where pcie = at("hgx-h100", 16);
  pcie.setting.nvlink = false;
  EXPECT_FALSE(offers(pcie, Collective::kAllToAll, "pxn"));
}

// --- slots of a connection ---

constexpr int kFarRanks = 512;  // 64 nodes: more than a leaf group

Where over_cables_of(const std::string& metres) {
  const auto variants = cluster_variants("hgx-h100", {"fabric.tier[spine].cable_m=" + metres});
  return at(variants.front().cluster, kFarRanks);
}

Seconds round_trip(const Where& w) {
  const std::string spine = "fabric.tier[spine].";
  return 2 * microseconds(w.inputs["infiniband.wire_us"] + 2 * w.inputs[spine + "switch_us"] +
                          2 * w.inputs[spine + "cable_m"] * w.inputs[spine + "delay_us_per_m"]);
}

const PriceTerm* waiting(const Price& price) {
  const PriceTerm* found = std::find_if(
      price.begin(), price.end(), [](const PriceTerm& t) { return t.name == kInFlightWindow; });
  return found == price.end() ? nullptr : found;
}

struct Slots {
  const char* protocol;
  double bytes;  // of data, per channel: 8 slots
};
constexpr Slots kSlots[]{
    {"ll",     8 * 32.0 * 1024 },
    {"ll128",  8 * 576000.0    },
    {"simple", 8 * 512.0 * 1024}
};

TEST(InFlightWindow, OverLongCablesBusBandwidthIsSlotsPerRoundTrip) {
  const Where far = over_cables_of("1e6");
  EXPECT_GT(round_trip(far).si(), 0.01);
  for (const Slots& slots : kSlots) {
    const BytesPerSecond most = 16 * Bytes(slots.bytes) / round_trip(far);
    const Bytes message(1e15);
    const Seconds t = price(far, Collective::kAllReduce, {"ring", slots.protocol, 16}, message);
    EXPECT_NEAR(busbw(Collective::kAllReduce, kFarRanks, message, t) / most, 1, 1e-3)
        << slots.protocol;
  }
}

// A tree sends a message to a node once, a ring almost twice.
TEST(InFlightWindow, ATreeWaitsHalfAsLongAsARing) {
  const Where far = over_cables_of("1e6");
  const Bytes message(1e15);
  const auto time = [&](const char* algorithm) {
    return price(far, Collective::kAllReduce, {algorithm, "simple", 16}, message);
  };
  EXPECT_NEAR(time("ring") / time("tree"), 2.0 * (kFarRanks - 1) / kFarRanks, 1e-3);
}

TEST(InFlightWindow, AMessageThatFitsIntoTheSlotsDoesNotWait) {
  const Where far = over_cables_of("1e6");
  for (const Slots& slots : kSlots) {
    const Price p =
        make_cost(far.setting, Collective::kAllReduce, {"tree", slots.protocol, 16}, far.inputs)
            ->price(far.inputs);
    const PriceTerm* term = waiting(p);
    ASSERT_NE(term, nullptr) << slots.protocol;
    const Bytes fits(16 * slots.bytes);
    EXPECT_NEAR(term->at(fits).si(), 0, 1e-12) << slots.protocol;
    EXPECT_GT(term->at(2 * fits), Seconds(0)) << slots.protocol;
  }
}

TEST(InFlightWindow, IsNoTermWhereTheSlotsSuffice) {
  const Where near = over_cables_of("50");
  for (const Slots& slots : kSlots) {
    for (const auto& info : kCollectives) {
      for (const auto& c : priceable(near.setting, info.id)) {
        if (c.protocol == slots.protocol) {
          const Price p =
              make_cost(near.setting, info.id, {c.algorithm, c.protocol, 16}, near.inputs)
                  ->price(near.inputs);
          EXPECT_EQ(waiting(p), nullptr) << info.name << " " << c.algorithm << " " << c.protocol;
        }
      }
    }
  }
}

TEST(DatasheetBound, OfOneBoxIsNvlinkAndOfManyTheNics) {
  const Where box = at("hgx-h100", 8);
  EXPECT_DOUBLE_EQ(datasheet_bound(box.setting, Collective::kAllGather, box.inputs, 1_GiB).si(),
                   (1_GiB * (7.0 / 8) / 450_GBps).si());
  const Where many = at("hgx-h100", 800);
  EXPECT_DOUBLE_EQ(datasheet_bound(many.setting, Collective::kAllReduce, many.inputs, 1_GiB).si(),
                   (1_GiB * (2 * 99.0 / 100) / (8 * 400_Gbps)).si());
}

TEST(HostCost, IsStepsTimesAlphaPlusBytesOverBandwidth) {
  const Where w = at("host-box", 4);
  const Seconds t = price(w, Collective::kAllReduce, {"ring", ""}, 1_MiB);
  const double chunk = 1048576.0 / 4;
  const double alpha = w.inputs["host.alpha_us"] +
                       w.inputs["host.long_message_us"] *
                           long_message_share(Bytes(chunk), Bytes(w.inputs["host.long_message_B"]));
  const double outside = long_message_share(1_MiB, Bytes(w.inputs["host.cache_B"]));
  const double us_per_byte =
      ((1 - outside) / w.inputs["host.bandwidth_GBps"] + outside / w.inputs["host.memory_GBps"]) *
      1e-3;
  const double us = w.inputs["host.call_us"] + 6 * alpha + 1.5 * 1048576 * us_per_byte +
                    0.75 * 1048576 / w.inputs["host.reduce_GBps"] * 1e-3;
  EXPECT_NEAR(in_us(t), us, 1e-9 * us);
}

TEST(Shapes, VolumesAreThoseOfTheTextbook) {
  const Dimensions d{64, 8, 8};
  for (const auto& row : gpu_algorithms()) {
    if (row.name == "ring" && row.collective == Collective::kAllReduce) {
      const Shape s = row.shape(d);
      EXPECT_EQ(s.steps_up + s.steps_out, 126);
      EXPECT_EQ(s.steps_out, 14);
      EXPECT_DOUBLE_EQ(s.volume_out, 126.0 / 64);
    }
    if (row.name == "tree") {
      EXPECT_EQ(row.shape(d).steps_out, 6);
      EXPECT_EQ(row.shape(d).volume_out, 2);
      EXPECT_EQ(row.shape({16, 2, 8}).volume_out, 1) << "two nodes only swap the message";
    }
  }
}

}  // namespace
}  // namespace fabricast
