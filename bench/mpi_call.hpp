// Checked MPI calls.
#pragma once

#include "core/error.hpp"

#include <mpi.h>

#include <string>

namespace fabricast {

/// Throws Error naming the call and MPI's own text. MPI returns codes only because MpiControl sets
/// MPI_ERRORS_RETURN.
inline void check_mpi(int status, const char* call) {
  if (status == MPI_SUCCESS) {
    return;
  }
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw Error(std::string(call) + " failed: " + text,
              "",
              "see the MPI library's own messages above",
              ExitCode::kCutShort);
}

}  // namespace fabricast
