// NCCL's symmetric kernels (buffers in registered windows, one NVLink domain): what NCCL thinks
// they cost, and therefore which of them it runs.
#pragma once

#include "core/collective.hpp"
#include "core/units.hpp"

#include <optional>
#include <string_view>

namespace fabricast {

/// The ranks of one NVLink domain, as the symmetric kernels see them.
struct SymmetricTeam {
  int ranks = 2;
  bool blackwell = false;  // its constants; otherwise Hopper's, which NCCL takes for all before it
  bool multicast = false;  // NVSwitch multicast
};

struct SymmetricEstimate {
  Seconds time;
  Seconds
      rank;  // what NCCL compares: 2.5 % more for each block of threads that the kernel occupies
};

/// NCCL's estimate for its best symmetric kernel of this protocol ("ll", "simple"). `message` as
/// nccl-tests counts it. Nothing where there is no kernel: other collectives and protocols, LL from
/// 2 GiB, all from 64 GiB.
std::optional<SymmetricEstimate> symmetric_estimate(const SymmetricTeam& team,
                                                    Collective collective,
                                                    std::string_view protocol,
                                                    Bytes message);

}  // namespace fabricast
