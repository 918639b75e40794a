// Send/receive and all-to-all: NCCL offers no estimate for them, the equations are ours.

#include "model/collective/exchange_cost.hpp"

#include "model/collective/network.hpp"

#include <algorithm>
#include <cmath>

namespace fabricast {

namespace {

// All-to-all, gather and scatter: the launch, a cost per peer, and the bytes that leave a GPU (or
// reach the root) by NVLink and a node by its NICs.
class PeerCost final : public Cost {
 public:
  PeerCost(const Setting& setting, Collective collective, const Inputs& in)
      : setting_(setting), rooted_(info(collective).rooted), network_(setting, in) {
    launch_ = in.index("all_to_all.launch_us");
    system_launch_ = in.index("system.launch");
    local_peer_ = in.index("all_to_all.local_peer_us");
    efficiency_up_ = in.index("all_to_all.scale_up_efficiency");
    fade_ = in.index("all_to_all.bandwidth_fade");
    rate_up_ = in.index("scale_up.rate_GBps");
    system_latency_ = in.index("system.latency");
    system_bandwidth_ = in.index("system.bandwidth");
    if (setting.nodes > 1) {
      remote_peer_ = in.index(setting.fabric_class + ".remote_peer_us");
      efficiency_out_ = in.index(setting.fabric_class + ".all_to_all_efficiency");
    }
  }

  [[nodiscard]] std::vector<Term> terms(const Inputs& in, Bytes message) const override {
    const double n = setting_.layout.per_node;
    const double ranks = setting_.layout.ranks;
    const BytesPerSecond up_rate =
        gigabytes_per_second(in.value(rate_up_)) * in.value(efficiency_up_);
    const Seconds up = message * ((n - 1) / ranks) / up_rate;
    std::vector<Term> list{
        {"launch",           microseconds(in.value(launch_) * in.value(system_launch_))},
        {"scale_up_latency", microseconds((n - 1) * in.value(local_peer_))             }
    };
    if (setting_.nodes == 1) {
      list.push_back({"scale_up_bytes", up});
      return list;
    }
    const double remote = ranks - n;
    const Seconds out = seconds_out(in, message);
    const double both = std::pow(std::pow(up.si(), 4) + std::pow(out.si(), 4), 0.25);
    const double share_out = both > 0 ? std::pow(out.si() / both, 4) : 1;
    list.push_back({"scale_out_latency",
                    microseconds(remote * in.value(remote_peer_) * in.value(system_latency_))});
    list.push_back({"scale_up_bytes", Seconds(both * (1 - share_out))});
    list.push_back({"scale_out_bytes", Seconds(both * share_out)});
    return list;
  }

 private:
  [[nodiscard]] Seconds seconds_out(const Inputs& in, Bytes message) const {
    const double n = setting_.layout.per_node;
    const double ranks = setting_.layout.ranks;
    const double fade = std::pow(setting_.nodes / 2.0, in.value(fade_));
    const double efficiency = in.value(efficiency_out_) * in.value(system_bandwidth_);
    if (rooted_) {  // one rank's NICs take or give everything
      const BytesPerSecond root = network_.node(in) / n * efficiency * network_.rate_factor(in, 0);
      return message * ((ranks - n) / ranks) / root;
    }
    const BytesPerSecond node = network_.node(in) * efficiency * network_.rate_factor_to_all(in);
    return message * (n * (ranks - n) / ranks * fade) / node;
  }

  Setting setting_;
  bool rooted_;
  Network network_;
  std::size_t launch_, system_launch_, local_peer_, efficiency_up_, fade_, rate_up_,
      system_latency_, system_bandwidth_;
  std::size_t remote_peer_ = 0;
  std::size_t efficiency_out_ = 0;
};

// Every rank sends to the next: inside a node by NVLink, over the node's edge by the last GPU's
// NICs.
class NeighbourCost final : public Cost {
 public:
  NeighbourCost(const Setting& setting, const Inputs& in)
      : setting_(setting), network_(setting, in) {
    launch_ = in.index("launch.simple_us");
    system_launch_ = in.index("system.launch");
    hop_up_ = in.index("scale_up.hop.ring_simple_us");
    efficiency_up_ = in.index("scale_up.efficiency.ring_simple");
    rate_up_ = in.index("scale_up.rate_GBps");
    system_latency_ = in.index("system.latency");
    system_bandwidth_ = in.index("system.bandwidth");
    if (setting.nodes > 1) {
      hop_out_ = in.index(setting.fabric_class + ".hop.ring_simple_us");
      efficiency_out_ = in.index(setting.fabric_class + ".efficiency.ring_simple");
    }
  }

  [[nodiscard]] std::vector<Term> terms(const Inputs& in, Bytes message) const override {
    const Seconds launch = microseconds(in.value(launch_) * in.value(system_launch_));
    const Seconds up =
        message / (gigabytes_per_second(in.value(rate_up_)) * in.value(efficiency_up_));
    if (setting_.nodes == 1) {
      return {
          {"launch",           launch                         },
          {"scale_up_latency", microseconds(in.value(hop_up_))},
          {"scale_up_bytes",   up                             }
      };
    }
    const BytesPerSecond own = network_.node(in) / setting_.layout.per_node *
                               in.value(efficiency_out_) * in.value(system_bandwidth_) *
                               network_.rate_factor(in, 0);
    return {
        {"launch",                                                      launch},
        {                 "scale_out_latency", microseconds(in.value(hop_out_) * in.value(system_latency_))      },
        { "fabric_distance",                                                            network_.distance(in,                                                            1, false)},
        {                 "scale_out_bytes",                                       std::max(message / own,    up)}
    };
  }

 private:
  Setting setting_;
  Network network_;
  std::size_t launch_, system_launch_, hop_up_, efficiency_up_, rate_up_, system_latency_,
      system_bandwidth_;
  std::size_t hop_out_ = 0;
  std::size_t efficiency_out_ = 0;
};

}  // namespace

bool is_exchange(Collective collective) {
  return collective == Collective::kAllToAll || collective == Collective::kGather ||
         collective == Collective::kScatter || collective == Collective::kSendRecv;
}

std::vector<Candidate> priceable_exchange(Collective collective) {
  return {
      {collective == Collective::kAllToAll ? "pairwise" : "direct", ""}
  };
}

std::unique_ptr<Cost> make_exchange_cost(const Setting& setting,
                                         Collective collective,
                                         const Inputs& inputs) {
  if (collective == Collective::kSendRecv) {
    return std::make_unique<NeighbourCost>(setting, inputs);
  }
  return std::make_unique<PeerCost>(setting, collective, inputs);
}

}  // namespace fabricast
