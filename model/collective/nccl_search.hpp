// Results of NCCL's topology search, as data: model/collective/nccl/graphs.toml.
#pragma once

#include "core/units.hpp"
#include "model/collective/nccl_constants.hpp"
#include "model/collective/nccl_version.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// What the search found on one kind of node. Numbers as in the file; one node has no NICs.
struct NcclSearchRow {
  double gpus = 0, nics = 0, nic_Gbps = 0;
  double ring_channels = 0, ring_GBps = 0;
  double tree_intra_GBps = 0, tree_inter_GBps = 0;
  double nvls_channels = 0, nvls_intra_GBps = 0, nvls_inter_GBps = 0;
  double direct_channels = 0, direct_intra_GBps = 0, direct_inter_GBps = 0;
  double plain_tree = 0, same_ring = 0;
};

/// What rows have in common.
struct NcclSearchKind {
  NcclGeneration generation = NcclGeneration::kVolta;
  bool arm = false;      // hosts; others are x86
  bool several = false;  // nodes

  friend auto operator<=>(const NcclSearchKind&, const NcclSearchKind&) = default;
};

struct NcclSearchRows {
  std::vector<NcclSearchRow> rows;  // never empty for a generation that the version knows
  bool of_other_hosts = false;      // none for these: wired otherwise
};
/// The newest row of each node that is not newer than the version.
NcclSearchRows nccl_search_rows(const NcclSearchKind& kind, NcclVersion version);

/// For nodes that were not searched: NVLink of one GPU; between the processors of a host.
BytesPerSecond nccl_nvlink_bound(NcclGeneration generation);
BytesPerSecond nccl_sockets_bound(std::string_view cpu);

/// Only to check a file: throws Error with file:line for a fault of it.
void check_nccl_search(std::string_view text, const std::string& file);

}  // namespace fabricast
