// Source: NVIDIA/nccl, src/symmetric.cc of 2.27 and src/sym_kernels.cc of 2.28 to 2.30.7. All these
// releases have the same constants for kernels inside one NVLink domain.

#include "model/collective/nccl_symmetric.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace fabricast {

namespace {

using namespace literals;

constexpr int kMaxBlocks = 64;
constexpr double kTimePerBlock = 0.025;  // by which NCCL prefers kernels of few blocks
constexpr double kGoodEnough = 1.025;    // the fewest blocks that come as close to the best
constexpr double kLl = 9;                // flags, and what handling them costs, in bytes per byte
constexpr Bytes kLargestLl = 2_GiB;
constexpr Bytes kLargest = 64_GiB;

// `traffic`: bytes that pass a GPU's links, in messages; `speedup`: of a block, by multicast.
struct Kernel {
  Collective collective;
  std::string_view protocol;
  bool multicast;
  double (*traffic)(double ranks);
  double (*speedup)(double ranks);
};

double ll_all(double n) { return kLl * n; }
double ll_once(double /*n*/) { return kLl; }
double two_passes(double n) { return 2 * (n - 1) / n; }
double one_pass(double n) { return (n - 1) / n; }
double by_the_switch(double n) { return 1 + 1 / n; }
double none(double /*n*/) { return 1; }
double slight(double /*n*/) { return 1.1; }
double half_the_ranks(double n) { return 0.55 * n; }
double all_ranks(double n) { return n; }

using enum Collective;
constexpr std::array kKernels{
    Kernel{kAllReduce,     "ll",     false, ll_all,        none          },
    Kernel{kAllReduce,     "ll",     true,  ll_all,        slight        },
    Kernel{kAllReduce,     "simple", false, two_passes,    none          },
    Kernel{kAllReduce,     "simple", true,  by_the_switch, all_ranks     },
    Kernel{kAllGather,     "ll",     false, ll_once,       none          },
    Kernel{kAllGather,     "ll",     true,  ll_once,       slight        },
    Kernel{kAllGather,     "simple", false, one_pass,      none          },
    Kernel{kAllGather,     "simple", true,  one_pass,      half_the_ranks},
    Kernel{kReduceScatter, "ll",     false, ll_once,       none          },
    Kernel{kReduceScatter, "simple", false, one_pass,      none          },
    Kernel{kReduceScatter, "simple", true,  one_pass,      half_the_ranks},
};

struct Constants {
  double base_us;
  double block_GiBps;  // NCCL counts in 2^30 bytes here
  double peak_GiBps;
};

Constants constants(const Kernel& k, bool blackwell) {
  const bool reduces_all = k.collective == kAllReduce;
  const bool ll = k.protocol == "ll";
  const bool in_switch = reduces_all && !ll && k.multicast;
  if (blackwell) {
    const double base = ll ? (k.collective == kAllGather ? 8.5 : 11) : reduces_all ? 19.5 : 13;
    return {base, 55, in_switch ? 1000.0 : 600.0};
  }
  return {ll ? 4.5 : 7.8, reduces_all ? 65.0 : 44.0, in_switch ? 480.0 : 320.0};
}

double smooth_min(double x, double ceiling, double softness) {
  return ceiling -
         softness * std::log1p((std::exp(ceiling / softness) - 1) * std::exp(-x / softness));
}
double smooth_positive(double x) { return x > 100 ? x : std::log1p(std::exp(x)); }

double time_us(const Kernel& k, const SymmetricTeam& team, Bytes message, int blocks) {
  constexpr double kGiBInMicroseconds = (1 << 30) * 1e-6;
  const Constants c = constants(k, team.blackwell);
  const double rate =
      smooth_min(blocks * c.block_GiBps * k.speedup(team.ranks), c.peak_GiBps, c.block_GiBps);
  const double bytes = message.si() * k.traffic(team.ranks);
  return c.base_us + smooth_positive(bytes / (rate * kGiBInMicroseconds) - 1);
}

int most_blocks(const Kernel& k, const SymmetricTeam& team) {
  const bool few = k.multicast && k.protocol == "simple";
  const int shared = team.blackwell ? 32 : 16;
  return few ? (shared + team.ranks - 1) / team.ranks : kMaxBlocks;
}

SymmetricEstimate estimate(const Kernel& k, const SymmetricTeam& team, Bytes message) {
  const int most = most_blocks(k, team);
  const double best = time_us(k, team, message, most);
  int blocks = 1;
  while (blocks < most && time_us(k, team, message, blocks) > kGoodEnough * best) {
    ++blocks;
  }
  const Seconds time = microseconds(time_us(k, team, message, blocks));
  return {time, time * (1 + kTimePerBlock * blocks)};
}

bool runs(const Kernel& k, const SymmetricTeam& team, Bytes message) {
  return (team.multicast || !k.multicast) && message < (k.protocol == "ll" ? kLargestLl : kLargest);
}

}  // namespace

std::optional<SymmetricEstimate> symmetric_estimate(const SymmetricTeam& team,
                                                    Collective collective,
                                                    std::string_view protocol,
                                                    Bytes message) {
  std::optional<SymmetricEstimate> best;
  for (const Kernel& k : kKernels) {
    if (k.collective == collective && k.protocol == protocol && runs(k, team, message)) {
      const SymmetricEstimate e = estimate(k, team, message);
      best = !best || e.rank < best->rank ? e : *best;
    }
  }
  return best;
}

}  // namespace fabricast
