// The collectives and element types that NCCL offers: one row each.
#pragma once

#include "bench/backends/nccl_api.hpp"
#include "core/collective.hpp"
#include "core/datatype.hpp"

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

struct NcclType {
  DataType id;
  ncclDataType_t type;
};

inline constexpr std::array kNcclTypes{
    NcclType{DataType::kFloat32,  ncclFloat32 },
    NcclType{DataType::kFloat16,  ncclFloat16 },
    NcclType{DataType::kBfloat16, ncclBfloat16},
    NcclType{DataType::kInt32,    ncclInt32   },
    NcclType{DataType::kInt64,    ncclInt64   },
};

/// The rows, root 0 and sums throughout.
const std::array<NcclCollective, 9>& nccl_collectives();
/// The row, or nullptr where NCCL does not offer the collective.
const NcclCollective* find_nccl(Collective collective);
ncclDataType_t nccl_type(DataType type);

}  // namespace fabricast
