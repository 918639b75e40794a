// Steps that can fail on one process while the others go on.
#pragma once

#include "bench/control.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"

#include <exception>

namespace fabricast {

/// Runs `step` on every process and lets all fail when one fails: the others would wait for it for
/// ever in the next collective call. Collective.
template <typename Step>
void together(Control& control, const Step& step) {
  std::exception_ptr error;
  try {
    step();
  } catch (...) {
    error = std::current_exception();
  }
  const bool failed = control.max(error ? 1 : 0) > 0;
  if (error) {
    std::rethrow_exception(error);
  }
  if (failed) {
    throw Error("another process could not use its GPUs", "host " + host_name(), "see its message");
  }
}

}  // namespace fabricast
