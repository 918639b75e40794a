// fabricast doctor: what this machine can measure, what is missing, and the remedy.

#include "bench/backends/gpu.hpp"
#include "bench/backends/mpi.hpp"
#include "bench/launcher.hpp"
#include "bench/machine.hpp"
#include "cli/cli.hpp"
#include "core/version.hpp"
#include "model/cluster.hpp"
#include "report/table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace fabricast {

namespace {

Table findings() {
  Table table{
      {{"part", "", Content::kWords, 5},
       {"state", "", Content::kWords, 5},
       {"found, or what to do", "", Content::kWords, 5}},
      {                                               }
  };
  const auto add = [&table](const std::string& part, bool good, const std::string& text) {
    table.rows.push_back({part, good ? "ok" : "missing", text});
  };
  add("fabricast", true, fmt::format("{} ({})", kVersion, kCommit));
  add("system", true, operating_system());
  add("processor", true, fmt::format("{}, {} usable", processor_name(), usable_processors()));
  add("memory",
      true,
      fmt::format("{:.1f} GB available", static_cast<double>(available_memory()) * 1e-9));
  const std::string no_mpi = why_no_mpi();
  add("MPI in this build",
      no_mpi.empty(),
      no_mpi.empty() ? "host collectives can be measured" : no_mpi);
  const std::string mpirun = find_mpirun();
  add("mpirun",
      !mpirun.empty(),
      mpirun.empty() ? "apt install openmpi-bin (Debian, Ubuntu)" : mpirun);
  const GpuInventory gpus = inspect_gpus();
  if (gpus.usable()) {
    add("GPUs",
        true,
        fmt::format(
            "{} x {}, driver {}, NCCL {}", gpus.count, gpus.names.front(), gpus.driver, gpus.nccl));
    add("NCCL's choices",
        gpus.nccl_untold.empty(),
        gpus.nccl_untold.empty()
            ? "NCCL tells its algorithm, protocol or costs: `chosen` of records"
            : gpus.nccl_untold);
    if (!gpus.nccl_lacks.empty()) {
      add("newer NCCL", false, gpus.nccl_lacks);
    }
  } else {
    add("GPUs", false, gpus.why_none);
  }
  std::string clusters;
  for (const auto& name : cluster_names()) {
    clusters += (clusters.empty() ? "" : ", ") + name;
  }
  add("clusters", true, clusters);
  return table;
}

std::string verdict() {
  if (inspect_gpus().usable()) {
    return "`fabricast run` measures NCCL on these GPUs.";
  }
  if (why_no_mpi().empty() && !find_mpirun().empty()) {
    return fmt::format(
        "`fabricast run` measures host collectives on {} processors; everything about GPUs "
        "comes from published and assumed constants.",
        usable_processors());
  }
  return "Nothing can be measured here; `fabricast predict` works from published and assumed "
         "constants.";
}

}  // namespace

void register_doctor(CLI::App& app) {
  CLI::App& c = *app.add_subcommand("doctor", "What this machine can measure, and what is missing");
  c.callback([] { std::cout << render(findings()) << '\n' << paragraph(verdict()); });
}

}  // namespace fabricast
