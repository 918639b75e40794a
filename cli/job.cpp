#include "cli/job.hpp"

#include "bench/backends/mpi.hpp"
#include "bench/launcher.hpp"
#include "core/names.hpp"

namespace fabricast {

namespace {

std::string resolve(const std::string& backend) {
  if (backend != "auto") {
    return backend;
  }
  return inspect_gpus().usable() ? "nccl" : "mpi";
}

}  // namespace

Job make_job(const JobOptions& options) {
  const std::string backend = resolve(options.backend);
  Job job;
  if (backend == "mpi") {
    job.control = make_mpi_control();
    job.backend = make_mpi_backend(*job.control, options.ranks_per_node);
  } else if (backend == "nccl") {
    job.control = under_launcher() ? make_mpi_control() : make_solo_control();
    job.backend = make_nccl_backend(*job.control, options.gpu);
  } else {
    throw unknown_name("backend", backend, {"auto", "mpi", "nccl"});
  }
  return job;
}

}  // namespace fabricast
