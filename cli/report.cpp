// fabricast report: results to one self-contained page.

#include "cli/cli.hpp"
#include "cli/reporting.hpp"

#include <fmt/format.h>

#include <memory>

namespace fabricast {

void register_report(CLI::App& app) {
  struct Options {
    std::string results;
    std::string out = "report.html";
  };
  auto options = std::make_shared<Options>();
  CLI::App& c = *app.add_subcommand("report", "Make one self-contained HTML page of results");
  c.add_option("results", options->results, "A .jsonl file, or the folder of a `run`")->required();
  c.add_option("-o,--out", options->out, "The page")->capture_default_str();
  c.callback([options] {
    save_html(assemble(load_results(options->results), "fabricast: " + options->results),
              options->out);
    fmt::print("written: {}\n", options->out);
  });
}

}  // namespace fabricast
