// The text that nccl-tests prints, of every layout since 2017.
#pragma once

#include "importers/nccl_tests_run.hpp"

#include <string>
#include <vector>

namespace fabricast {

/// One run per table, in order; a run that failed before its table has no rows. Empty for a text
/// that nccl-tests did not print. Throws nothing: what cannot be read is listed with its line.
std::vector<NcclTestsRun> read_nccl_tests_text(const std::string& text);

}  // namespace fabricast
