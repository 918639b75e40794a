#include "bench/backends/nccl_collectives.hpp"

#include <algorithm>

namespace fabricast {

namespace {

constexpr int kRoot = 0;

// A group ends also when a call in it fails: an open one would swallow every later call.
template <typename Calls>
ncclResult_t grouped(const NcclApi& api, const Calls& calls) {
  const ncclResult_t started = api.ncclGroupStart();
  if (is_failure(started)) {
    return started;
  }
  const ncclResult_t queued = calls();
  const ncclResult_t ended = api.ncclGroupEnd();
  return is_failure(queued) ? queued : ended;
}

ncclResult_t exchange_ring(const NcclCall& c) {
  const int next = (c.rank + 1) % c.ranks;
  const int previous = (c.rank + c.ranks - 1) % c.ranks;
  return grouped(c.api, [&] {
    const ncclResult_t sent =
        c.api.ncclSend(c.send, c.count, c.type, next, c.communicator, c.stream);
    return is_failure(sent)
               ? sent
               : c.api.ncclRecv(c.receive, c.count, c.type, previous, c.communicator, c.stream);
  });
}

// One call where NCCL has it (2.28), else every block as a message.
ncclResult_t all_to_all(const NcclCall& c) {
  if (c.api.ncclAlltoAll != nullptr) {
    return c.api.ncclAlltoAll(c.send, c.receive, c.count, c.type, c.communicator, c.stream);
  }
  const std::size_t block = c.count * c.element_bytes;
  const auto* send = static_cast<const std::byte*>(c.send);
  auto* receive = static_cast<std::byte*>(c.receive);
  return grouped(c.api, [&] {
    ncclResult_t status = ncclSuccess;
    for (int peer = 0; peer < c.ranks && !is_failure(status); ++peer) {
      const std::size_t at = static_cast<std::size_t>(peer) * block;
      status = c.api.ncclSend(send + at, c.count, c.type, peer, c.communicator, c.stream);
      if (!is_failure(status)) {
        status = c.api.ncclRecv(receive + at, c.count, c.type, peer, c.communicator, c.stream);
      }
    }
    return status;
  });
}

ncclResult_t gather(const NcclCall& c) {
  if (c.api.ncclGather != nullptr) {
    return c.api.ncclGather(c.send, c.receive, c.count, c.type, kRoot, c.communicator, c.stream);
  }
  const std::size_t block = c.count * c.element_bytes;
  auto* receive = static_cast<std::byte*>(c.receive);
  return grouped(c.api, [&] {
    ncclResult_t status = c.api.ncclSend(c.send, c.count, c.type, kRoot, c.communicator, c.stream);
    for (int peer = 0; c.rank == kRoot && peer < c.ranks && !is_failure(status); ++peer) {
      status = c.api.ncclRecv(receive + static_cast<std::size_t>(peer) * block,
                              c.count,
                              c.type,
                              peer,
                              c.communicator,
                              c.stream);
    }
    return status;
  });
}

ncclResult_t scatter(const NcclCall& c) {
  if (c.api.ncclScatter != nullptr) {
    return c.api.ncclScatter(c.send, c.receive, c.count, c.type, kRoot, c.communicator, c.stream);
  }
  const std::size_t block = c.count * c.element_bytes;
  const auto* send = static_cast<const std::byte*>(c.send);
  return grouped(c.api, [&] {
    ncclResult_t status =
        c.api.ncclRecv(c.receive, c.count, c.type, kRoot, c.communicator, c.stream);
    for (int peer = 0; c.rank == kRoot && peer < c.ranks && !is_failure(status); ++peer) {
      status = c.api.ncclSend(send + static_cast<std::size_t>(peer) * block,
                              c.count,
                              c.type,
                              peer,
                              c.communicator,
                              c.stream);
    }
    return status;
  });
}

}  // namespace

const std::array<NcclCollective, 9>& nccl_collectives() {
  static constexpr std::array kRows{
      NcclCollective{Collective::kAllReduce,
                     [](const NcclCall& c) {
                       return c.api.ncclAllReduce(
                           c.send, c.receive, c.count, c.type, c.op, c.communicator, c.stream);
                     }                                        },
      NcclCollective{Collective::kAllGather,
                     [](const NcclCall& c) {
                       return c.api.ncclAllGather(
                           c.send, c.receive, c.count, c.type, c.communicator, c.stream);
                     }                                        },
      NcclCollective{Collective::kReduceScatter,
                     [](const NcclCall& c) {
                       return c.api.ncclReduceScatter(
                           c.send, c.receive, c.count, c.type, c.op, c.communicator, c.stream);
                     }                                        },
      NcclCollective{Collective::kAllToAll,      all_to_all   },
      NcclCollective{Collective::kBroadcast,
                     [](const NcclCall& c) {
                       return c.api.ncclBroadcast(
                           c.send, c.receive, c.count, c.type, kRoot, c.communicator, c.stream);
                     }                                        },
      NcclCollective{
                     Collective::kReduce,
                     [](const NcclCall& c) {
            return c.api.ncclReduce(
                c.send, c.receive, c.count, c.type, c.op, kRoot, c.communicator, c.stream);
          }                                                   },
      NcclCollective{Collective::kGather,        gather       },
      NcclCollective{Collective::kScatter,       scatter      },
      NcclCollective{Collective::kSendRecv,      exchange_ring},
  };
  return kRows;
}

const NcclCollective* find_nccl(Collective collective) {
  for (const auto& row : nccl_collectives()) {
    if (row.collective == collective) {
      return &row;
    }
  }
  return nullptr;
}

const NcclType& nccl_type(DataType type) {
  return *std::find_if(
      kNcclTypes.begin(), kNcclTypes.end(), [type](const auto& row) { return row.id == type; });
}

ncclRedOp_t nccl_op(ReduceOp op) {
  switch (op) {
    case ReduceOp::kProd:
      return ncclProd;
    case ReduceOp::kMin:
      return ncclMin;
    case ReduceOp::kMax:
      return ncclMax;
    case ReduceOp::kAvg:
      return ncclAvg;
    default:  // pre-multiplied sums are operators of a communicator: see NcclOperation
      return ncclSum;
  }
}

}  // namespace fabricast
