// From what the user selected to the list of cases.
#pragma once

#include "bench/backend.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fabricast {

/// Empty lists mean everything that the backend offers, except: no types means float32, no
/// operators sum, no algorithms "library" where the backend has it. The word "all" in a list means
/// every one.
struct Selection {
  std::vector<std::string> collectives;
  std::vector<std::string> algorithms;
  std::vector<std::string> types;
  std::vector<std::string> ops;  // of collectives that reduce; none means sum

  enum class InPlace { kNo, kYes, kBoth };
  InPlace in_place = InPlace::kNo;  // of collectives that can

  // Sizes: the first of these three that is given.
  std::vector<std::uint64_t> counts;  // elements, as the collective's count argument
  std::vector<std::uint64_t> bytes;   // exact message sizes: one that does not divide is an error
  struct Sweep {                      // powers: rounded down to what divides, as nccl-tests does
    std::uint64_t min = 8;
    std::uint64_t max = 0;
    std::uint64_t factor = 4;
  } sweep;
};

struct Plan {
  std::vector<Case> cases;           // in the order: collective, algorithm, type, operator, size
  std::vector<std::string> skipped;  // "hierarchical all_reduce: needs several nodes"
};

/// The same on every rank. Throws Error for a name that does not exist and for sizes that do not
/// divide over the ranks.
Plan plan_cases(const Selection& selection, const Backend& backend);

}  // namespace fabricast
