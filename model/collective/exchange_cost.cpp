// Send/receive and all-to-all: NCCL offers no estimate for them, the equations are ours.

#include "model/collective/exchange_cost.hpp"

#include "model/collective/factors.hpp"
#include "model/collective/network.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace fabricast {

namespace {

constexpr std::string_view kPxn = "pxn";

// All-to-all, gather and scatter: the launch, a cost per peer, and the bytes that leave a GPU (or
// reach the root) by NVLink and a node by its NICs. With PXN a rank hands what it has for a GPU of
// another node to the GPU on that one's rail, whose NIC sends the data of the whole node as one
// message. Either way the traffic climbs above a group of nodes only to leave it: groups of a
// railed fabric are counted over all their rails.
class PeerCost final : public Cost {
 public:
  PeerCost(const Setting& setting, Collective collective, bool railed, const Inputs& in)
      : layout_(setting.layout),
        nodes_(setting.nodes),
        railed_(railed),
        rooted_(info(collective).rooted),
        network_(setting, in),
        launch_(in, {"all_to_all.launch_us", "system.all_to_all_launch"}),
        local_peer_(in, {"all_to_all.local_peer_us"}),
        rate_up_(in, {"scale_up.rate_GBps", "all_to_all.scale_up_efficiency"}),
        fade_(in.index("all_to_all.bandwidth_fade")) {
    launch_.add_if_known(in, "all_to_all." + setting.architecture + "_factor");
    rate_up_.add_if_known(in, "scale_up." + setting.architecture + "_usable");
    if (nodes_ > 1) {
      const std::string fabric = setting.fabric_class + ".";
      remote_peer_ = Factors(in, {"net.remote_peer_us", fabric + "remote_peer", "system.latency"});
      efficiency_out_ = Factors(
          in, {"net.all_to_all_efficiency", fabric + "all_to_all_bandwidth", "system.bandwidth"});
    }
  }

  [[nodiscard]] Price price(const Inputs& in) const override {
    const double n = layout_.per_node;
    const double local = n - 1;
    const double handed_over = railed_ ? local : 0;
    const double remote = railed_ ? nodes_ - 1 : layout_.ranks - n;
    Price price;
    price.add({.name = "launch", .fixed = microseconds(launch_.of(in))});
    price.add({.name = "scale_up_latency",
               .fixed = microseconds((local + handed_over) * local_peer_.of(in))});
    // Handed over is all but what a GPU has for its own rail: with the local part (n - 1) / n.
    const double volume_up = railed_ ? local / n : local / layout_.ranks;
    const SecondsPerByte up = volume_up / gigabytes_per_second(rate_up_.of(in));
    if (nodes_ == 1) {
      price.add({.name = "scale_up_bytes", .per_byte = up});
      return price;
    }
    price.add({.name = "scale_out_latency", .fixed = microseconds(remote * remote_peer_.of(in))});
    const Overlap bytes = overlap(up, out_per_byte(in));
    price.add({.name = "scale_up_bytes", .per_byte = bytes.first});
    price.add({.name = "scale_out_bytes", .per_byte = bytes.second});
    return price;
  }

 private:
  [[nodiscard]] SecondsPerByte out_per_byte(const Inputs& in) const {
    const double n = layout_.per_node;
    const double remote = (layout_.ranks - n) / layout_.ranks;
    const double fade = std::pow(nodes_ / 2.0, in.value(fade_));
    const BytesPerSecond node = network_.node(in) * efficiency_out_.of(in);
    if (rooted_) {  // one rank's NICs take or give everything
      return remote / (node / n * network_.rate_factor(in, 0));
    }
    return n * remote * fade / (node * network_.rate_factor_to_all(in));
  }

  Layout layout_;
  int nodes_;
  bool railed_;
  bool rooted_;
  Network network_;
  Factors launch_, local_peer_, rate_up_;
  std::size_t fade_;
  Factors remote_peer_, efficiency_out_;
};

// Every rank sends to the next: inside a node by NVLink, over the node's edge by the last GPU's
// NICs.
class NeighbourCost final : public Cost {
 public:
  NeighbourCost(const Setting& setting, const Inputs& in)
      : per_node_(setting.layout.per_node),
        nodes_(setting.nodes),
        network_(setting, in),
        launch_(in, {"all_to_all.launch_us", "system.all_to_all_launch"}),
        hop_up_(in, {"scale_up.hop.ring_simple_us"}),
        rate_up_(in, {"scale_up.rate_GBps", "all_to_all.scale_up_efficiency"}) {
    launch_.add_if_known(in, "all_to_all." + setting.architecture + "_factor");
    rate_up_.add_if_known(in, "scale_up." + setting.architecture + "_usable");
    if (nodes_ > 1) {
      const std::string fabric = setting.fabric_class + ".";
      hop_out_ = Factors(in, {"net.hop.ring_simple_us", fabric + "latency", "system.latency"});
      efficiency_out_ =
          Factors(in, {"net.neighbour_efficiency", fabric + "bandwidth", "system.bandwidth"});
    }
  }

  [[nodiscard]] Price price(const Inputs& in) const override {
    Price price;
    price.add({.name = "launch", .fixed = microseconds(launch_.of(in))});
    if (nodes_ == 1 && per_node_ == 1) {
      return price;  // nobody else to send to
    }
    const SecondsPerByte up = 1 / gigabytes_per_second(rate_up_.of(in));
    if (nodes_ == 1) {
      price.add({.name = "scale_up_latency", .fixed = microseconds(hop_up_.of(in))});
      price.add({.name = "scale_up_bytes", .per_byte = up});
      return price;
    }
    const BytesPerSecond own =
        network_.node(in) / per_node_ * efficiency_out_.of(in) * network_.rate_factor(in, 0);
    price.add({.name = "scale_out_latency", .fixed = microseconds(hop_out_.of(in))});
    price.add({.name = "fabric_distance", .fixed = network_.distance(in, 1, false)});
    price.add({.name = "scale_out_bytes", .per_byte = std::max(1 / own, up)});
    return price;
  }

 private:
  double per_node_;
  int nodes_;
  Network network_;
  Factors launch_, hop_up_, rate_up_, hop_out_, efficiency_out_;
};

}  // namespace

bool is_exchange(Collective collective) {
  return collective == Collective::kAllToAll || collective == Collective::kGather ||
         collective == Collective::kScatter || collective == Collective::kSendRecv;
}

std::vector<Candidate> priceable_exchange(const Setting& setting, Collective collective) {
  if (collective != Collective::kAllToAll) {
    return {
        {.algorithm = "direct", .protocol = ""}
    };
  }
  std::vector<Candidate> list{
      {.algorithm = "pairwise", .protocol = ""}
  };
  const bool has_rails =
      setting.nodes > 1 && setting.layout.per_node > 1 && setting.nics_per_node > 1;
  if (has_rails && setting.nvlink) {
    // The published curves do not tell it apart: what they ran is priced as pairwise.
    list.push_back({.algorithm = std::string(kPxn), .protocol = "", .unasked = false});
  }
  return list;
}

std::unique_ptr<Cost> make_exchange_cost(const Setting& setting,
                                         Collective collective,
                                         const Candidate& candidate,
                                         const Inputs& inputs) {
  if (collective == Collective::kSendRecv) {
    return std::make_unique<NeighbourCost>(setting, inputs);
  }
  return std::make_unique<PeerCost>(setting, collective, candidate.algorithm == kPxn, inputs);
}

}  // namespace fabricast
