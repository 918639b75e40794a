// Measures computations: buffers, repeated calls, samples, a record.
#pragma once

#include "bench/compute/compute_backend.hpp"
#include "bench/sampler.hpp"
#include "core/compute_record.hpp"

#include <cstdint>
#include <optional>

namespace fabricast {

struct ComputeOptions {
  StoppingRule rule;
  Seconds timeout{60.0};                      // watchdog deadline of one sample
  std::optional<std::uint64_t> planted_flip;  // spoils one checked element: the run must find it
};

/// How many sets of buffers the calls of a case take in turn: together they are larger than twice
/// the cache, so that inputs come from memory as in a training step, whose layers follow each
/// other; one where the memory does not hold more.
int buffer_sets(std::uint64_t bytes_of_set, std::uint64_t cache, std::uint64_t memory);

/// "" or why this case cannot run here: why_not of the backend, or too little memory.
std::string why_not_computed(const ComputeCase& c, ComputeBackend& backend);

/// A record without origin and workload. A sample is the mean of as many calls as take a
/// millisecond; after each one some elements of the last result are compared with what they must
/// be. Throws Error where why_not_computed has a reason.
ComputeRecord measure_compute(const ComputeCase& c,
                              ComputeBackend& backend,
                              const ComputeOptions& options);

}  // namespace fabricast
