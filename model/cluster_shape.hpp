// What a cluster's description implies: how many switches, and what each tier leaves of a NIC's
// rate.
#pragma once

#include "model/cluster.hpp"

#include <vector>

namespace fabricast {

struct TierShape {
  double switches = 0;  // as many as the NIC ports, and then the uplinks of the tier below, need
  double groups = 0;    // sets of GPUs that this tier joins
  /// Per GPU, to any other GPU of the group: NICs x rate / GPUs x routing efficiency, divided by
  /// the product of the oversubscriptions up to the narrowest tier below (at least 1). Of the
  /// slowest pool.
  Quantity<BytesPerSecond> per_gpu;
};

/// One row per tier, bottom to top; empty without a fabric.
std::vector<TierShape> tier_shapes(const Cluster& cluster);

}  // namespace fabricast
