#include "importers/importer.hpp"

#include "core/error.hpp"
#include "importers/nccl_tests_json.hpp"
#include "importers/nccl_tests_records.hpp"
#include "importers/nccl_tests_text.hpp"

#include <algorithm>

namespace fabricast {

namespace {

bool is_json(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

std::vector<NcclTestsRun> runs_of(const std::string& text, const std::string& file) {
  return is_json(text) ? std::vector{read_nccl_tests_json(text, file)} : read_nccl_tests_text(text);
}

}  // namespace

std::vector<ImportedTable> import_log(const std::string& text,
                                      const std::string& file,
                                      const ImportOptions& options) {
  std::vector<ImportedTable> tables;
  for (NcclTestsRun& run : runs_of(text, file)) {
    run.mentions.insert(run.mentions.begin(), name_of(file));
    tables.push_back(nccl_tests_records(run, file, options));
  }
  if (tables.empty()) {
    throw Error("no output of nccl-tests is in it",
                file,
                "what all_reduce_perf and its sisters print, or their JSON (-J FILE.json)");
  }
  return tables;
}

}  // namespace fabricast
