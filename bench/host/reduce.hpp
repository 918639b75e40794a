// Element-wise reduction of the element types; those of less than four bytes in software.
#pragma once

#include "core/datatype.hpp"
#include "core/reduce_op.hpp"

#include <cstddef>
#include <cstdint>

namespace fabricast {

/// into[i] = into[i] op from[i] for `count` elements of `type`, floats rounded to nearest even
/// after each step. The runs do not overlap. An average is the caller's business: its steps are
/// sums.
void reduce(
    ReduceOp op, DataType type, std::byte* into, const std::byte* from, std::uint64_t count);

}  // namespace fabricast
