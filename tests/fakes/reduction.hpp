// Reductions over host memory for every element type and operator of NCCL.
#pragma once

#include <nccl.h>

#include <cstddef>
#include <span>

namespace fakes {

/// Bytes of an element; 0 for a type that NCCL does not know.
std::size_t width(ncclDataType_t type);

/// An operator, built in or made by ncclRedOpCreatePreMulSum.
struct Operator {
  ncclRedOp_t op = ncclSum;      // PreMulSum counts as ncclSum with a factor
  const void* factor = nullptr;  // one element that multiplies every input, or none
};

/// to[i] = inputs[0][i] op inputs[1][i] op ...; `to` may be one of the inputs.
void reduce(void* to,
            std::span<const void* const> inputs,
            std::size_t count,
            ncclDataType_t type,
            const Operator& op);

}  // namespace fakes
