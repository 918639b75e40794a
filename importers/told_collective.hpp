// Which collective a table is of: said by its output, or concluded from its rows.
#pragma once

#include "core/collective.hpp"
#include "importers/nccl_tests_run.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// What is known of the collective of a table.
struct ToldCollective {
  std::optional<Collective> collective;
  std::string how;                   // "named by the output", "told by busbw / algbw"...
  std::string problem;               // why there is none
  std::vector<std::string> remarks;  // a name that the rows contradict
};

/// `named` (an option) wins over the output, the output over its rows, these over mentions of a
/// program in command lines and file names. A mention that the rows contradict is a remark.
ToldCollective tell_collective(const NcclTestsRun& run, int ranks, std::optional<Collective> named);

/// Whether the rates of a result agree with each other for this collective within what rounding
/// hides: size / time = algbw and factor x algbw = busbw. Until June 2020 algbw of all-gather and
/// reduce-scatter already held the factor.
bool agrees(Collective collective, int ranks, std::uint64_t bytes, const PrintedResult& result);

}  // namespace fabricast
