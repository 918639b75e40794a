// Contradictions between the values of a cluster file.
#pragma once

#include "model/cluster_parts.hpp"
#include "model/toml_schema.hpp"

namespace fabricast {

/// References to parts that do not exist, names used twice, pools that do not add up to gpus_total,
/// scale-up domains that do not fit their nodes, nodes that nothing joins, ports beyond the radix,
/// and tiers that do not grow. `file` has passed check_schema.
void check_cluster(const TomlValue& file, const Parts& parts, Faults& faults);

}  // namespace fabricast
