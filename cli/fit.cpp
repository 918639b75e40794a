// fabricast fit: measured records to constants.

#include "cli/cli.hpp"
#include "cli/fitting.hpp"
#include "cli/given_records.hpp"
#include "report/table.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace fabricast {

namespace {

struct Options {
  std::vector<std::string> files;
  std::string out = "model.json";
  std::string cluster;
  std::string nccl_version;
};

void run(const Options& o) {
  const std::vector<Record> records = read_records(o.files);
  const std::string cluster = o.cluster.empty() ? wiring_of(records) : o.cluster;
  const std::string nccl_version =
      o.nccl_version.empty() ? nccl_version_of(records) : o.nccl_version;
  const FitResult result = fit(records, load_cluster(cluster), nccl_version);
  save_model(result.model, o.out);
  write_fit(std::cout, result);
  fmt::print("written: {}\n", o.out);
}

}  // namespace

void register_fit(CLI::App& app) {
  auto options = std::make_shared<Options>();
  Options& o = *options;
  CLI::App& c = *app.add_subcommand("fit", "Fit the model's constants to measured records");
  c.add_option("results", o.files, ".jsonl files of `measure`, `run` or `import`; - for a pipe")
      ->required();
  c.add_option("-o,--out", o.out, "The model file")->capture_default_str();
  c.add_option("--cluster",
               o.cluster,
               "Where the records were measured (default for one node: from the GPU's name)");
  c.add_option("--nccl-version",
               o.nccl_version,
               "NCCL of the records (default: as they say, or the newest known)");
  c.callback([options] { run(*options); });
}

}  // namespace fabricast
