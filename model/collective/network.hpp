// What the network between the nodes of a communicator gives: rate and added distance.
#pragma once

#include "core/units.hpp"
#include "model/collective/setting.hpp"
#include "model/inputs.hpp"

#include <vector>

namespace fabricast {

/// Reads the cluster's own network numbers from the inputs; one node has no network.
class Network {
 public:
  Network(const Setting& setting, const Inputs& inputs);

  /// Datasheet rate of one NIC, and of all NICs that a node's ranks use.
  [[nodiscard]] BytesPerSecond nic(const Inputs& inputs) const;
  [[nodiscard]] BytesPerSecond node(const Inputs& inputs) const;

  /// What is left of a node's rate when `share` of its traffic leaves its group at every crossed
  /// tier: uplinks of a tapered tier carry share x oversubscription times their fair load. Includes
  /// routing efficiency relative to the systems that the constants come from.
  [[nodiscard]] double rate_factor(const Inputs& inputs, double share) const;
  /// The same for traffic to all nodes alike (all-to-all): the share that leaves is 1 - group /
  /// nodes.
  [[nodiscard]] double rate_factor_to_all(const Inputs& inputs) const;

  /// Added latency of `steps` messages in a row that cross higher tiers: two switches and two
  /// cables each. Neighbours leave a group once per group, a tree on its log2(nodes / group)
  /// highest levels.
  [[nodiscard]] Seconds distance(const Inputs& inputs, double steps, bool neighbours) const;
  /// What the crossed tiers add to the way of one message between the nodes furthest apart.
  [[nodiscard]] Seconds furthest(const Inputs& inputs) const;

 private:
  struct Tier {
    double group_nodes;
    std::size_t oversub;
    std::size_t switch_us;
    std::size_t cable_m;  // of the tier above, which the crossing goes through
    std::size_t delay_us_per_m;
  };
  [[nodiscard]] double routing(const Inputs& inputs) const;
  static Seconds crossing(const Inputs& inputs, const Tier& tier);

  int nodes_;
  int nics_;
  std::vector<Tier> tiers_;
  std::size_t nic_rate_ = 0;
  std::size_t routing_ = 0;
  std::size_t routing_reference_ = 0;
};

}  // namespace fabricast
