#include "cli/job.hpp"

#include "bench/backends/mpi.hpp"
#include "bench/backends/onchip.hpp"
#include "bench/launcher.hpp"
#include "core/error.hpp"
#include "core/names.hpp"

#include <fmt/format.h>

namespace fabricast {

namespace {

std::string resolve(const std::string& backend) {
  if (backend != "auto") {
    return backend;
  }
  return inspect_gpus().usable() ? "nccl" : "mpi";
}

void refuse_options_of_nccl(const JobOptions& options, const std::string& backend) {
  const auto settings = settings_of(options.gpu);
  if (backend != "nccl" && !settings.empty()) {
    throw Error(
        fmt::format(
            "{} is a setting of NCCL, and the backend is {}", settings.begin()->first, backend),
        "",
        "--backend nccl, or leave the option out");
  }
}

}  // namespace

Job make_job(const JobOptions& options) {
  const std::string backend = resolve(options.backend);
  if (options.virtual_ranks > 0 && backend != "onchip") {
    throw Error("the number of ranks is that of the processes or GPUs",
                "--ranks",
                "mpirun -np N, or --gpus N; --ranks is for --backend onchip");
  }
  refuse_options_of_nccl(options, backend);
  Job job;
  if (backend == "mpi") {
    job.control = make_mpi_control();
    job.backend = make_mpi_backend(*job.control, options.ranks_per_node);
  } else if (backend == "nccl") {
    job.control = under_launcher() ? make_mpi_control() : make_solo_control();
    job.backend = make_nccl_backend(*job.control, options.gpu);
  } else if (backend == "onchip") {
    if (under_launcher()) {
      throw Error("virtual ranks live in one process",
                  "--backend onchip",
                  "start it without mpirun or srun; --ranks N sets their number");
    }
    job.control = make_solo_control();
    job.backend = make_onchip_backend(options.virtual_ranks > 0 ? options.virtual_ranks : 8);
  } else {
    throw unknown_name("backend", backend, {"auto", "mpi", "nccl", "onchip"});
  }
  return job;
}

}  // namespace fabricast
