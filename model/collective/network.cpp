#include "model/collective/network.hpp"

#include <algorithm>
#include <cmath>

namespace fabricast {

Network::Network(const Setting& setting, const Inputs& inputs)
    : nodes_(setting.nodes), nics_(setting.nics_per_node) {
  if (nodes_ == 1) {
    return;
  }
  nic_rate_ = inputs.index("nic.rate_GBps");
  routing_ = inputs.index("fabric.routing_efficiency");
  routing_reference_ = inputs.index("placement.routing_reference");
  for (const auto& tier : setting.tiers) {
    const std::string key = "fabric.tier[" + tier.name + "].";
    const std::string above = "fabric.tier[" + tier.above + "].";
    tiers_.push_back({tier.group_nodes,
                      inputs.index(key + "oversub"),
                      inputs.index(above + "switch_us"),
                      inputs.index(above + "cable_m"),
                      inputs.index(above + "delay_us_per_m")});
  }
}

BytesPerSecond Network::nic(const Inputs& inputs) const {
  return gigabytes_per_second(inputs.value(nic_rate_));
}

BytesPerSecond Network::node(const Inputs& inputs) const { return nic(inputs) * nics_; }

double Network::routing(const Inputs& inputs) const {
  return inputs.value(routing_) / inputs.value(routing_reference_);
}

double Network::rate_factor(const Inputs& inputs, double share) const {
  double taper = 1;
  double worst = 1;
  for (const auto& tier : tiers_) {
    taper *= inputs.value(tier.oversub);
    worst = std::max(worst, share * taper);
  }
  return routing(inputs) / worst;
}

double Network::rate_factor_to_all(const Inputs& inputs) const {
  double taper = 1;
  double worst = 1;
  for (const auto& tier : tiers_) {
    taper *= inputs.value(tier.oversub);
    worst = std::max(worst, (1 - tier.group_nodes / nodes_) * taper);
  }
  return routing(inputs) / worst;
}

Seconds Network::crossing(const Inputs& inputs, const Tier& tier) {
  return microseconds(2 * inputs.value(tier.switch_us) +
                      2 * inputs.value(tier.cable_m) * inputs.value(tier.delay_us_per_m));
}

Seconds Network::distance(const Inputs& inputs, double steps, bool neighbours) const {
  Seconds added;
  for (const auto& tier : tiers_) {
    const double crossings = neighbours
                                 ? steps / tier.group_nodes
                                 : steps * std::log2(nodes_ / tier.group_nodes) / std::log2(nodes_);
    added += crossings * crossing(inputs, tier);
  }
  return added;
}

Seconds Network::furthest(const Inputs& inputs) const {
  Seconds added;
  for (const auto& tier : tiers_) {
    added += crossing(inputs, tier);
  }
  return added;
}

}  // namespace fabricast
