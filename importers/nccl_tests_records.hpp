// From what a run of nccl-tests printed to records: ranks and nodes counted, the collective told,
// each row checked against itself.
#pragma once

#include "importers/importer.hpp"
#include "importers/nccl_tests_run.hpp"

#include <string>

namespace fabricast {

/// Rows that cannot be records are listed with the reason. Throws Error where the ranks listed are
/// several runs of their own, or contradict the options.
ImportedTable nccl_tests_records(const NcclTestsRun& run,
                                 const std::string& file,
                                 const ImportOptions& options);

}  // namespace fabricast
