// The numbers of NCCL's cost model, for one range of versions: model/collective/nccl/VERSION.toml.
#pragma once

#include "core/units.hpp"
#include "model/collective/nccl_tuner.hpp"
#include "model/collective/nccl_version.hpp"
#include "model/toml_reader.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// What NCCL has columns for; newer GPUs count as the last that a version knows.
enum class NcclGeneration { kVolta, kAmpere, kHopper, kBlackwell };

struct NcclGenerationInfo {
  std::string_view name;  // as in cluster files
  NcclGeneration generation;
  std::string_view key;  // as in data files
};
inline constexpr std::array kNcclGenerations{
    NcclGenerationInfo{"volta",     NcclGeneration::kVolta,     "volta"    },
    NcclGenerationInfo{"ampere",    NcclGeneration::kAmpere,    "ampere"   },
    NcclGenerationInfo{"ada",       NcclGeneration::kAmpere,    "ampere"   },
    NcclGenerationInfo{"hopper",    NcclGeneration::kHopper,    "hopper"   },
    NcclGenerationInfo{"blackwell", NcclGeneration::kBlackwell, "blackwell"},
};
constexpr std::size_t kNcclGenerationCount = 4;

/// What a step crosses.
enum class NcclLink { kNvlink, kPci, kNet };

template <typename T>
using PerGeneration = std::array<T, kNcclGenerationCount>;
using PerProtocol = std::array<Seconds, kNcclProtocols.size()>;
using PerAlgorithm = std::array<PerProtocol, kNcclAlgorithms.size()>;
using PerNodes = std::array<BytesPerSecond, 3>;  // 1, 2, more nodes

struct NcclCaps {
  PerGeneration<BytesPerSecond> ll_one_node{};  // of a communicator
  std::array<BytesPerSecond, 2> ll_intel{};     // 2, more nodes; also every other maker's hosts
  std::array<BytesPerSecond, 2> ll_amd{};
  PerGeneration<PerNodes> ring_ll128{};  // these per channel
  PerGeneration<PerNodes> tree_ll128{};
  PerGeneration<PerNodes> tree{};
  PerGeneration<PerNodes> nvls_tree{};
};

/// Shares of the channels' bandwidth that are reached.
struct NcclShares {
  double ring_ll = 0;
  double ring_ll_one_node_no_sum = 0;  // broadcast, all-gather, reduce-scatter in a node
  double ring_ll128 = 0;
  double ring_ll128_lone_gpus = 0;  // one GPU per node
  double tree = 0;
  double tree_ll = 0;
  double tree_ll128 = 0;
  double tree_ll128_one_node = 0;
  double plain_tree = 0;  // where no balanced tree was found
  double pat = 0;         // 0: not in this version
  PerGeneration<double> collnet_direct{};
};

/// How the NVLink and network rates of an NVLS channel become its bandwidth.
enum class NcclNvlsForm {
  kTierRate,    // NVLink's up to two nodes, else the network's
  kSlowerRate,  // the slower of the two
  kEfficiency,  // the slower, after an efficiency of the NVSwitch
};
inline constexpr std::array<std::string_view, 3> kNcclNvlsForms{
    "tier_rate", "slower_rate", "efficiency"};

struct NcclNvls {
  NcclNvlsForm form = NcclNvlsForm::kTierRate;
  double all_reduce = 0;  // bus to algorithm bandwidth, forms before efficiency
  double all_reduce_tree = 0;
  double gather = 0;          // the same for all-gather and reduce-scatter; 0: not in this version
  double gather_network = 0;  // share of the network's rate
  bool gather_skips_own = false;  // NVLink carries (n-1)/n
  bool gather_across_nodes = false;
  int gather_most_gpus = 0;  // per node
  int least_gpus = 0;        // per node
  PerGeneration<double> efficiency{};
  PerGeneration<std::array<double, 2>> channels{};  // one, more nodes
};

/// How SHARP's all-gather and reduce-scatter are rated.
enum class NcclCollnetGather { kNone, kInterpolated, kSlowerRate };
inline constexpr std::array<std::string_view, 3> kNcclCollnetGathers{
    "none", "interpolated", "slower_rate"};

struct NcclCollnet {
  NcclCollnetGather gather = NcclCollnetGather::kNone;
  int direct_most_gpus = 0;  // per node
  int chain_most_gpus = 0;
  Seconds serial{};              // per further GPU of a node
  double gather_lone_gpus = 0;   // shares of the rate, interpolated: with one GPU per node
  double gather_eight_gpus = 0;  // and with eight
  double gather_network = 0;     // share of the network's rate, slower rate
};

struct NcclSteps {
  int all_reduce_extra_network = 0;  // network steps of a ring beyond 2 (nodes - 1)
  bool lone_gpus_pay_tree = false;  // one GPU per node: every network step costs what a tree's does
  bool nvls_tree_is_linear = false;  // 2 (nodes - 1) network steps instead of 2 log2 nodes
  Seconds post{};                    // of a message on the host, Intel and others
  Seconds post_amd{};
  double posts_simple = 0;  // messages per step with protocol simple
  PerGeneration<double> ring_plateau{};
  double pat_network_share = 0;
  Seconds pat_per_rank{};
};

struct NcclChannels {
  int most = 0;
  bool raised_to_nvls = false;     // to the channels of NVLS, where that is
  int doubled_below = 0;           // from Hopper on, between nodes: fewer than this many channels
  BytesPerSecond doubled_above{};  // that are faster than this
  bool ll128_behind_host = false;  // protocol ll128 to NICs behind an Arm host's link to the GPU
};

/// Rate by the power of two of the message, from 64 B; beyond the list 1.
struct NcclCorrection {
  std::array<std::array<double, 23>, kNcclProtocols.size()> tree{};
  std::vector<double> nvls_tree;  // Blackwell with x86 hosts; protocol simple
};

struct NcclConstants {
  NcclVersionRange versions;
  PerAlgorithm base{};
  std::array<PerAlgorithm, 3> hop{};  // by NcclLink
  NcclCaps caps;
  NcclShares shares;
  NcclNvls nvls;
  NcclCollnet collnet;
  NcclSteps steps;
  NcclChannels channels;
  NcclCorrection correction;

  [[nodiscard]] bool knows(NcclGeneration g) const {
    return caps.ll_one_node[static_cast<std::size_t>(g)].si() > 0;
  }
};

/// The constants of the range that holds the version. Throws Error for versions outside of what is
/// known, and with file:line for a fault of a data file.
std::shared_ptr<const NcclConstants> nccl_constants(NcclVersion version);

/// All ranges, oldest first.
std::vector<NcclVersionRange> nccl_version_ranges();

/// One data file on top of the constants that it inherits; nullptr: it must be complete. Throws
/// Error with file:line for a fault of it.
NcclConstants parse_nccl_constants(const TomlValue& root,
                                   const std::string& file,
                                   const NcclConstants* inherited);

}  // namespace fabricast
