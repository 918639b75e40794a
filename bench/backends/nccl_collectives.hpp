// The collectives and element types that NCCL offers: one row each.
#pragma once

#include "bench/backends/nccl_api.hpp"
#include "core/collective.hpp"
#include "core/datatype.hpp"
#include "core/reduce_op.hpp"

#include <array>
#include <cstddef>

namespace fabricast {

/// One rank's call: what a row of the table gets.
struct NcclCall {
  const NcclApi& api;
  const void* send;
  void* receive;
  std::size_t count;  // as the collective's count argument
  ncclDataType_t type;
  ncclRedOp_t op;
  std::size_t element_bytes;
  int rank;
  int ranks;
  ncclComm_t communicator;
  cudaStream_t stream;
};

struct NcclCollective {
  Collective collective;
  ncclResult_t (*call)(const NcclCall& c);
};

/// An element type, and the version of NCCL that has it (as ncclGetVersion counts).
struct NcclType {
  DataType id;
  ncclDataType_t type;
  int since;
};

// 8-bit floats are spelled out: nccl.h may be older than 2.24.
inline constexpr std::array kNcclTypes{
    NcclType{DataType::kFloat32,    ncclFloat32,                     0    },
    NcclType{DataType::kFloat16,    ncclFloat16,                     0    },
    NcclType{DataType::kBfloat16,   ncclBfloat16,                    21000},
    NcclType{DataType::kFloat64,    ncclFloat64,                     0    },
    NcclType{DataType::kInt8,       ncclInt8,                        0    },
    NcclType{DataType::kUint8,      ncclUint8,                       0    },
    NcclType{DataType::kInt32,      ncclInt32,                       0    },
    NcclType{DataType::kUint32,     ncclUint32,                      0    },
    NcclType{DataType::kInt64,      ncclInt64,                       0    },
    NcclType{DataType::kUint64,     ncclUint64,                      0    },
    NcclType{DataType::kFloat8E4M3, static_cast<ncclDataType_t>(10), 22400},
    NcclType{DataType::kFloat8E5M2, static_cast<ncclDataType_t>(11), 22400},
};

/// The rows, root 0 throughout. A failure is what is_failure says.
const std::array<NcclCollective, 9>& nccl_collectives();
/// The row, or nullptr where NCCL does not offer the collective.
const NcclCollective* find_nccl(Collective collective);
const NcclType& nccl_type(DataType type);
ncclRedOp_t nccl_op(ReduceOp op);

}  // namespace fabricast
