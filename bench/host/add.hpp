// Element-wise sums of the element types, float16 and bfloat16 in software.
#pragma once

#include "core/datatype.hpp"

#include <cstddef>
#include <cstdint>

namespace fabricast {

/// into[i] += from[i] for `count` elements of `type`. The runs do not overlap.
void add(DataType type, std::byte* into, const std::byte* from, std::uint64_t count);

}  // namespace fabricast
