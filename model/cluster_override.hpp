// What-ifs: a cluster with values of its file replaced, and sweeps over several values.
#pragma once

#include "model/cluster.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace fabricast {

/// A cluster, and what was replaced in it: "fabric.tier.spine.oversub=4, pool.h100.node.nics=4", or
/// "" for the cluster as its file describes it.
struct ClusterVariant {
  std::string label;
  Cluster cluster;
};

/// More combinations are refused.
inline constexpr std::size_t kMostVariants = 1000;

/// One variant per combination of the values of `sets`, the values of the last set changing
/// fastest; without sets the cluster alone. A set is KEY=VALUE or KEY=VALUE,VALUE,...
///
/// KEY is a key as `clusters show` prints it ("fabric.tier.spine.oversub"), or with brackets around
/// a name or an index counted from 0 ("fabric.tier[spine].oversub", "pool[0].node.nics"). A list
/// without a selector means each of its tables ("pool.node.nics"). The top tier has no uplinks: its
/// oversub means that of the links which enter it, and is set on the tier below.
///
/// VALUE of a number with a range is V or V:LO:HI; without a range lo = hi = v. Its provenance is
/// `assumed`, its source says that it was set. Where oversub is set, the uplinks of the tier
/// follow. A part of the library is copied for this cluster before it is changed
/// ("nic.cx7-400.latency_us").
///
/// Throws Error: no such cluster, a set that is not KEY=VALUE, a key that does not exist (with the
/// nearest that does), one that is set twice, a value of another kind, too many combinations, and
/// whatever fault the file has after the replacement.
std::vector<ClusterVariant> cluster_variants(const std::string& name_or_path,
                                             const std::vector<std::string>& sets);

}  // namespace fabricast
