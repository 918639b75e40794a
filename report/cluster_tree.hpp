// A cluster drawn as a tree for the terminal: tiers, groups, nodes, and GB/s per GPU at each level.
#pragma once

#include "model/cluster.hpp"
#include "report/table.hpp"

#include <cstddef>
#include <string>

namespace fabricast {

/// Title, status, size and fabric in words; then the tree, top tier first, with the number of
/// groups within each group and the rate per GPU and direction to any other GPU of the group; then
/// what is not known. Lines of at most `width` columns (at least 60).
std::string cluster_tree(const Cluster& cluster, std::size_t width = kTerminalWidth);

/// "0.9 (0.75–0.95, claim)"; a definition has no range to show.
std::string ranged(const Quantity<double>& quantity);

}  // namespace fabricast
