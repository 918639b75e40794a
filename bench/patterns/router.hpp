// Which rank sends how many tokens to which: a router with popular and unpopular experts.
#pragma once

#include <cstdint>
#include <vector>

namespace fabricast {

struct Routing {
  int ranks = 1;
  std::uint64_t experts = 1;            // rank r owns the r-th run of experts / ranks
  std::uint64_t experts_per_token = 1;  // different ones
  std::uint64_t tokens = 1;             // of each rank
  double skew = 0;                      // the k-th most popular expert is chosen like k^-skew
  std::uint64_t seed = 1;               // also of who is popular
};

/// Tokens from rank s to rank d at [s * ranks + d]; a token that visits two experts of a rank
/// counts twice. The same on every rank and machine. `experts` divides over the ranks.
std::vector<std::uint64_t> route_tokens(const Routing& routing);

/// The way back: who received sends.
std::vector<std::uint64_t> transposed(const std::vector<std::uint64_t>& traffic, int ranks);

}  // namespace fabricast
