// The subcommands of `fabricast`, one file each. Each registers itself; its callback does the work
// and throws Error to end with another exit code than 0.
#pragma once

#include <CLI/CLI.hpp>

namespace fabricast {

void register_clusters(CLI::App& app);
void register_doctor(CLI::App& app);
void register_expect(CLI::App& app);
void register_fit(CLI::App& app);
void register_import(CLI::App& app);
void register_measure(CLI::App& app);
void register_predict(CLI::App& app);
void register_validate(CLI::App& app);
void register_report(CLI::App& app);
void register_run(CLI::App& app);
void register_workloads(CLI::App& app);

}  // namespace fabricast
