// Outputs of nccl-tests in every layout, written for these tests: hosts, times and GPUs are
// invented.
#pragma once

#include "importers/importer.hpp"

#include <string>
#include <vector>

namespace fabricast::test {

/// What a table of a sample is.
struct SampleTable {
  Collective collective;
  int ranks;
  int nodes;
  int rows;     // in the file
  int records;  // that come out of it
};

struct Sample {
  std::string file;
  std::vector<SampleTable> tables;
  std::string tests_version;
  std::string nccl_version;
  int calls;
};

/// Those that are imported without a contradiction.
const std::vector<Sample>& samples();

std::string sample_text(const std::string& file);
/// The sample by its file name.
std::vector<ImportedTable> import_sample(const std::string& file,
                                         const ImportOptions& options = {});
/// `text` with the first `from` replaced; fails the test where there is none.
std::string replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace fabricast::test
