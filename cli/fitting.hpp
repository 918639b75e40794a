// What `fit` and `run` share: which cluster records belong to, and how a fit is told.
#pragma once

#include "model/fit/fit.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace fabricast {

/// The built-in cluster that describes the machine of these records, or "".
std::string cluster_of(const std::vector<Record>& records);

/// The fitted constants, the scores on what was held out, warnings, and what took no part.
void write_fit(std::ostream& out, const FitResult& result);

}  // namespace fabricast
