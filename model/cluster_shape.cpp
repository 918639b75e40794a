#include "model/cluster_shape.hpp"

#include <algorithm>
#include <cmath>

namespace fabricast {

namespace {

/// Rounded up, forgiving the last digits of a quotient.
double whole(double count) { return std::ceil(count * (1 - 1e-12)); }

double nic_ports(const Cluster& cluster) {
  double ports = 0;
  for (const auto& pool : cluster.pools) {
    ports += pool.nodes.value * pool.node.nics * cluster.fabric->planes;
  }
  return ports;
}

Provenance weaker(Provenance a, Provenance b) { return std::max(a, b); }

Quantity<BytesPerSecond> per_gpu_of(const Node& node) {
  const double share = static_cast<double>(node.nics) / node.gpus;
  const auto& rate = node.nic->rate;
  return {rate.value * share, rate.lo * share, rate.hi * share, rate.provenance, rate.source};
}

Quantity<BytesPerSecond> slowest_pool(const Cluster& cluster) {
  auto slowest = per_gpu_of(cluster.pools.front().node);
  for (const auto& pool : cluster.pools) {
    const auto candidate = per_gpu_of(pool.node);
    if (candidate.value < slowest.value) {
      slowest = candidate;
    }
  }
  return slowest;
}

Quantity<BytesPerSecond> times(const Quantity<BytesPerSecond>& rate, const Quantity<double>& f) {
  return {rate.value * f.value,
          rate.lo * f.lo,
          rate.hi * f.hi,
          weaker(rate.provenance, f.provenance),
          "NICs x rate / GPUs x routing efficiency / oversubscription below"};
}

/// The capacity above tiers of this oversubscription in a row, as a share of the capacity below
/// them.
Quantity<double> through(const Quantity<double>& share, const Quantity<double>& oversub) {
  return {share.value / oversub.value,
          share.lo / oversub.hi,
          share.hi / oversub.lo,
          weaker(share.provenance, oversub.provenance),
          oversub.source};
}

/// Of two shares the smaller: spare capacity above does not widen what is narrow below.
Quantity<double> narrower(const Quantity<double>& a, const Quantity<double>& b) {
  return {std::min(a.value, b.value),
          std::min(a.lo, b.lo),
          std::min(a.hi, b.hi),
          weaker(a.provenance, b.provenance),
          b.source};
}

}  // namespace

std::vector<TierShape> tier_shapes(const Cluster& cluster) {
  std::vector<TierShape> shapes;
  if (!cluster.fabric) {
    return shapes;
  }
  const auto rate = times(slowest_pool(cluster), cluster.fabric->routing_efficiency);
  Quantity<double> capacity{1, 1, 1, rate.provenance, ""};  // above the tiers so far
  Quantity<double> narrowest = capacity;                    // on the way up to there
  double ports = nic_ports(cluster);
  for (const auto& tier : cluster.fabric->tiers) {
    const double switches = whole(ports / tier.down);
    const double groups = whole(cluster.gpus_total.value / tier.group_gpus.value);
    shapes.push_back({switches, groups, times(rate, narrowest)});
    ports = switches * tier.up;
    capacity = through(capacity, tier.oversub);
    narrowest = narrower(narrowest, capacity);
  }
  return shapes;
}

}  // namespace fabricast
