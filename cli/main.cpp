// fabricast: measure collectives here, forecast them at cluster scale.

#include "bench/launcher.hpp"
#include "cli/cli.hpp"
#include "cli/measuring.hpp"
#include "core/error.hpp"
#include "core/version.hpp"

#include <fmt/format.h>

#include <exception>
#include <new>

namespace {

int run(int argc, char** argv) {
  using namespace fabricast;
  CLI::App app("Measure collectives here, forecast them at cluster scale.", "fabricast");
  app.set_version_flag("--version", fmt::format("fabricast {} ({})", kVersion, kCommit));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  for (const auto add : {register_run,
                         register_doctor,
                         register_measure,
                         register_import,
                         register_fit,
                         register_predict,
                         register_expect,
                         register_validate,
                         register_report,
                         register_clusters,
                         register_workloads}) {
    add(app);
  }
  remember_command_line(argc, argv);
  try {
    app.parse(argc, argv);
    return static_cast<int>(ExitCode::kGood);
  } catch (const CLI::ParseError& error) {
    // CLI11 numbers its errors; ours has one code for bad usage, and 0 for --help and --version.
    return app.exit(error) == 0 ? static_cast<int>(ExitCode::kGood)
                                : static_cast<int>(ExitCode::kBadInput);
  } catch (const Error& error) {
    if (launcher_rank() == 0) {  // what stops every rank alike is said once
      fmt::print(stderr, "fabricast: {}\n", error.what());
    }
    return static_cast<int>(error.exit_code());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "fabricast: out of memory\n  try: smaller sizes, or fewer ranks per host\n");
  } catch (const std::exception& error) {
    fmt::print(stderr,
               "fabricast: {}\n  try: report this; it should have been a clearer message\n",
               error.what());
  }
  return static_cast<int>(ExitCode::kBadInput);
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
