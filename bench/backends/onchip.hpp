// Virtual ranks on one GPU, as the rest of the program sees them. Where CUDA is left out of the
// build, onchip_none.cpp stands in.
#pragma once

#include "bench/backend.hpp"

#include <memory>

namespace fabricast {

/// The first GPU that this process sees, shared by `ranks` virtual ranks (1 to 8). Throws Error
/// where there is none.
std::unique_ptr<Backend> make_onchip_backend(int ranks);

}  // namespace fabricast
