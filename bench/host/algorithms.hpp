// The textbook algorithms, run for real: each row of core/algorithm.hpp has its code here.
#pragma once

#include "bench/host/point_to_point.hpp"
#include "core/algorithm.hpp"
#include "core/datatype.hpp"
#include "core/reduce_op.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fabricast {

/// The buffers of one call. Sizes are extents(collective, rank, ranks, count) elements; `receive`
/// has them also where the collective gives this rank no result and `send` has none (broadcast off
/// root).
struct HostCall {
  PointToPoint& link;
  Layout layout;
  DataType type;
  std::uint64_t count;
  const std::byte* send;
  std::byte* receive;
  std::vector<std::byte>& scratch;  // grown as needed, kept between calls
  ReduceOp op = ReduceOp::kSum;
};

struct HostAlgorithm {
  Collective collective;
  std::string_view name;
  void (*run)(const HostCall& call);
};

namespace host {
void ring_all_reduce(const HostCall& call);
void recursive_doubling_all_reduce(const HostCall& call);
void rabenseifner_all_reduce(const HostCall& call);
void tree_all_reduce(const HostCall& call);
void hierarchical_all_reduce(const HostCall& call);
void ring_all_gather(const HostCall& call);
void ring_reduce_scatter(const HostCall& call);
void pairwise_all_to_all(const HostCall& call);
void tree_broadcast(const HostCall& call);
void tree_reduce(const HostCall& call);
void direct_send_recv(const HostCall& call);
}  // namespace host

inline constexpr std::array kHostAlgorithms{
    HostAlgorithm{Collective::kAllReduce,     "ring",               host::ring_all_reduce              },
    HostAlgorithm{
                  Collective::kAllReduce,     "recursive_doubling", host::recursive_doubling_all_reduce},
    HostAlgorithm{Collective::kAllReduce,     "rabenseifner",       host::rabenseifner_all_reduce      },
    HostAlgorithm{Collective::kAllReduce,     "tree",               host::tree_all_reduce              },
    HostAlgorithm{Collective::kAllReduce,     "hierarchical",       host::hierarchical_all_reduce      },
    HostAlgorithm{Collective::kAllGather,     "ring",               host::ring_all_gather              },
    HostAlgorithm{Collective::kReduceScatter, "ring",               host::ring_reduce_scatter          },
    HostAlgorithm{Collective::kAllToAll,      "pairwise",           host::pairwise_all_to_all          },
    HostAlgorithm{Collective::kBroadcast,     "tree",               host::tree_broadcast               },
    HostAlgorithm{Collective::kReduce,        "tree",               host::tree_reduce                  },
    HostAlgorithm{Collective::kSendRecv,      "direct",             host::direct_send_recv             },
};

}  // namespace fabricast
