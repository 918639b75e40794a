#include "bench/backends/mpi.hpp"
#include "core/error.hpp"

namespace fabricast {

std::string why_no_mpi() {
  return "this build has no MPI: apt install libopenmpi-dev openmpi-bin, then build again";
}

std::unique_ptr<Control> make_mpi_control() {
  throw Error("host collectives need MPI", "", why_no_mpi());
}

std::unique_ptr<Backend> make_mpi_backend(Control& /*control*/, int /*ranks_per_node*/) {
  throw Error("host collectives need MPI", "", why_no_mpi());
}

}  // namespace fabricast
