// How many ranks a run had, and on how many nodes.
#pragma once

#include "importers/importer.hpp"
#include "importers/nccl_tests_run.hpp"

#include <string>
#include <vector>

namespace fabricast {

struct CountedRanks {
  int ranks = 0;  // of one communicator; 0: not known
  int ranks_per_node = 0;
  int nodes = 0;
  bool shared_gpus = false;           // several ranks on one GPU
  std::string problem;                // why they are not known
  std::vector<std::string> warnings;  // for every record of the run
};

/// From the devices that the run lists, or from the options where it does not. Throws Error for N
/// processes that each ran alone, and for options that contradict the list; `file` is for messages.
CountedRanks count_ranks(const NcclTestsRun& run,
                         const std::string& file,
                         const ImportOptions& options);

}  // namespace fabricast
