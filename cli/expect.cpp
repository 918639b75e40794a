// fabricast expect: measured rows against the model of that wiring.

#include "cli/cli.hpp"
#include "cli/given_records.hpp"
#include "cli/options.hpp"
#include "core/error.hpp"
#include "report/expectation_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace fabricast {

namespace {

struct Options {
  std::vector<std::string> files;
  std::string cluster;
  std::string model_file;
  std::string nccl_version;
  std::string format = "table";
};

void print(const Expectation& expectation, const std::string& format) {
  if (format == "json") {
    std::cout << to_json(expectation).dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
  } else if (format == "csv") {
    write_csv(std::cout, expectation);
  } else {
    write_expectation(std::cout, expectation);
  }
  std::cout.flush();
}

bool any_wrong(const std::vector<Record>& records) {
  return std::any_of(
      records.begin(), records.end(), [](const Record& r) { return r.wrong_elements > 0; });
}

void run(const Options& o) {
  const std::vector<Record> records = read_records(o.files);
  if (records.empty()) {
    throw Error("there are no records to judge", o.files.front(), "fabricast measure, or import");
  }
  const Cluster cluster = load_cluster(o.cluster.empty() ? wiring_of(records) : o.cluster);
  const Model model = o.model_file.empty() ? published_model() : load_model(o.model_file);
  const Expectation expectation = expect(records, cluster, model, o.nccl_version);
  print(expectation, o.format);
  const int slow = expectation.count(Verdict::kSlow);
  const int fast = expectation.count(Verdict::kTooFast);
  if (slow + fast > 0 || any_wrong(records)) {
    throw Error(fmt::format("{} rows are slow, {} too fast to be true{}",
                            slow,
                            fast,
                            any_wrong(records) ? "; wrong results were found" : ""),
                "",
                "the causes above, most likely first",
                ExitCode::kVerdictFailed);
  }
  if (expectation.count(Verdict::kGood) == 0) {
    throw Error("no row could be judged", "", "the reasons above", ExitCode::kSkipped);
  }
}

}  // namespace

void register_expect(CLI::App& app) {
  auto options = std::make_shared<Options>();
  Options& o = *options;
  CLI::App& c = *app.add_subcommand(
      "expect", "Judge measured records by what the model expects of the wiring");
  c.add_option("results", o.files, ".jsonl files of `measure`, `run` or `import`; - for a pipe")
      ->required();
  c.add_option("--cluster",
               o.cluster,
               "Where the records were measured (default for one node: from the GPU's name)");
  c.add_option("--model", o.model_file, "Constants fitted to measurements (fabricast fit)");
  c.add_option("--nccl-version",
               o.nccl_version,
               "NCCL of the records (default: as they say, or the newest known)");
  add_format(c, o.format);
  c.callback([options] { run(*options); });
}

}  // namespace fabricast
