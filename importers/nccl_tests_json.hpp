// The JSON that nccl-tests writes with -J, versions 1 to 3.
#pragma once

#include "importers/nccl_tests_run.hpp"

#include <string>

namespace fabricast {

/// Lines of remarks count the elements of "results" from 1. A file that ends early, as a run that
/// died leaves it, is read as far as its results are whole. Throws Error naming `file` for anything
/// else that is not such a file.
NcclTestsRun read_nccl_tests_json(const std::string& text, const std::string& file);

}  // namespace fabricast
