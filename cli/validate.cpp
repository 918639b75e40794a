// fabricast validate: the model against the published measurements that ship with it.

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "model/fit/calibration.hpp"
#include "report/validation_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace fabricast {

namespace {

struct Options {
  std::string format = "table";
  std::string html;
  std::string constants;
};

void run(const Options& o) {
  if (o.format == "csv") {
    throw Error("validate has no CSV", "--format", "table or json");
  }
  const auto curves = published_curves();
  fmt::print(stderr, "fitting without each system in turn: {} curves\n", curves.size());
  const Validation validation = validate(curves);
  if (o.format == "json") {
    std::cout << to_json(validation).dump(1) << '\n';
  } else {
    write_validation(std::cout, validation);
  }
  if (!o.html.empty()) {
    write_file(o.html, [&](std::ostream& out) { write_validation_html(out, validation); });
  }
  if (!o.constants.empty()) {
    save_model(calibrate(curves, validation), o.constants, prior_model());
  }
}

}  // namespace

void register_validate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  Options& o = *options;
  CLI::App& c = *app.add_subcommand(
      "validate", "Score the model on the published measurements that ship with it");
  add_format(c, o.format);
  c.add_option("--html", o.html, "Also write a page with the tables and a plot for every curve");
  c.add_option("--write-constants",
               o.constants,
               "Also fit all curves and write the constants (model/collective/published.json)");
  c.callback([options] { run(*options); });
}

}  // namespace fabricast
