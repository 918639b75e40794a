// The host side: Open MPI's own collectives, and our textbook algorithms over its point-to-point
// messages, on host buffers. Where MPI is left out of the build, mpi_none.cpp stands in.
#pragma once

#include "bench/backend.hpp"
#include "bench/control.hpp"

#include <memory>
#include <string>

namespace fabricast {

/// "" when this build has MPI, else one line with the remedy.
std::string why_no_mpi();

/// Initialises MPI (once per process); finalises it when destroyed. Throws Error without MPI.
std::unique_ptr<Control> make_mpi_control();

/// `control` must come from make_mpi_control. Ranks are processes. `ranks_per_node` 0: those that
/// share a host; another divisor of the number of ranks forms pretended nodes for "hierarchical".
std::unique_ptr<Backend> make_mpi_backend(Control& control, int ranks_per_node);

}  // namespace fabricast
