// Logs of other tools to records. One file per format; here what they share, and the choice between
// them.
#pragma once

#include "core/record.hpp"
#include "importers/nccl_tests_run.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// What the caller knows and the file may not say.
struct ImportOptions {
  std::optional<Collective> collective;
  int nodes = 0;           // 0: as the file says
  int ranks_per_node = 0;  // likewise
};

/// A table of the file as records.
struct ImportedTable {
  std::string where;  // "FILE:LINE"
  std::optional<Collective> collective;
  std::string told_how;
  int ranks = 0;
  int ranks_per_node = 0;
  int nodes = 0;
  int rows = 0;                      // of the file, read or not
  std::vector<Record> records;       // one per row and placement
  std::vector<Remark> skipped;       // rows that are not among the records, and why
  std::vector<Remark> foreign;       // lines between the rows that are not of the table
  std::vector<std::string> remarks;  // contradictions, failures, what was cut
};

/// Reads a log of nccl-tests, text or JSON. `file` is used in messages and may tell the collective.
/// Throws Error for a text that is no such log, for N processes that each ran alone, and for
/// options that contradict the file.
std::vector<ImportedTable> import_log(const std::string& text,
                                      const std::string& file,
                                      const ImportOptions& options);

}  // namespace fabricast
