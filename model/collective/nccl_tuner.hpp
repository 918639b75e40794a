// What NCCL itself thinks a collective costs, and therefore what it runs: its cost model per
// version, with the constants as data (model/collective/nccl/*.toml). A ranking device, not a
// forecast: no contention, switches, jitter or launch in it.
#pragma once

#include "core/collective.hpp"
#include "core/units.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// In NCCL's order: of two equal estimates the first wins.
enum class NcclAlgorithm { kTree, kRing, kCollnetDirect, kCollnetChain, kNvls, kNvlsTree, kPat };

struct NcclAlgorithmInfo {
  NcclAlgorithm id;
  std::string_view name;
  std::string_view meaning;
};
// Formatting is off: version 14 pads each column to its longest text.
// clang-format off
inline constexpr std::array kNcclAlgorithms{
    NcclAlgorithmInfo{NcclAlgorithm::kTree, "tree", "trees of nodes, chain in a node"},
    NcclAlgorithmInfo{NcclAlgorithm::kRing, "ring", "a ring of all ranks"},
    NcclAlgorithmInfo{NcclAlgorithm::kCollnetDirect, "collnet_direct", "SHARP, several heads"},
    NcclAlgorithmInfo{NcclAlgorithm::kCollnetChain, "collnet_chain", "SHARP, chain in a node"},
    NcclAlgorithmInfo{NcclAlgorithm::kNvls, "nvls", "NVSwitch reduces"},
    NcclAlgorithmInfo{NcclAlgorithm::kNvlsTree, "nvls_tree", "NVSwitch reduces, trees of nodes"},
    NcclAlgorithmInfo{NcclAlgorithm::kPat, "pat", "logarithmic, one GPU per node"},
};
// clang-format on
constexpr std::string_view name(NcclAlgorithm a) {
  return kNcclAlgorithms[static_cast<std::size_t>(a)].name;
}

enum class NcclProtocol { kLl, kLl128, kSimple };

struct NcclProtocolInfo {
  NcclProtocol id;
  std::string_view name;
  std::string_view meaning;
};
// clang-format off
inline constexpr std::array kNcclProtocols{
    NcclProtocolInfo{NcclProtocol::kLl, "ll", "a flag in every 8 bytes: half the rate, no fence"},
    NcclProtocolInfo{NcclProtocol::kLl128, "ll128", "a flag in every 128 bytes, over NVLink"},
    NcclProtocolInfo{NcclProtocol::kSimple, "simple", "whole chunks behind a memory fence"},
};
// clang-format on
constexpr std::string_view name(NcclProtocol p) {
  return kNcclProtocols[static_cast<std::size_t>(p)].name;
}

/// The communicator as NCCL's search and cost model see it: equal nodes, ranks in node order.
struct NcclTopology {
  std::string architecture;  // "volta", "ampere", "ada", "hopper", "blackwell"
  std::string cpu;           // "intel", "amd", "arm"
  int nodes = 1;             // NVLink domains: a GB200 NVL72 rack is one node of 72 GPUs
  int gpus_per_node = 1;     // of this communicator
  BytesPerSecond nic;        // rate of one NIC, datasheet; not read for one node
  int nics_per_node = 0;     // that these GPUs can use; not read for one node
  bool nvswitch = false;     // with multicast: no NVLS without
  bool sharp = false;        // the network reduces, for all-gather and reduce-scatter too
  std::vector<std::string> protocols{"ll", "ll128", "simple"};  // not switched off
  bool nvlink = true;  // false: the GPUs of a node reach each other over PCIe
};

/// One entry of NCCL's table of estimates.
struct NcclCell {
  NcclAlgorithm algorithm{};
  NcclProtocol protocol{};
  Seconds latency;           // of an empty message
  BytesPerSecond bandwidth;  // algorithm bandwidth; infinite for one rank
  int channels = 0;          // the most that it runs; small messages use fewer
};

struct NcclConstants;
struct NcclGraphs;

/// NCCL's estimates for one version and one communicator. Assumes NCCL's default settings, a sum of
/// a type that the hardware reduces (not fp8), one collective at a time, and the buffers not
/// registered. Immutable; cheap to copy.
class NcclTuner {
 public:
  /// `version` as NCCL prints it: "2.28.9", "2.21.5+cuda12.4"; without a patch, its newest. A patch
  /// newer than any known counts as the newest known of its minor. Throws Error: version or name
  /// unknown (with those that exist), counts that cannot be, GPUs that the version does not know.
  NcclTuner(const std::string& version, const NcclTopology& topology);

  /// As asked for.
  [[nodiscard]] std::string version() const { return version_; }
  /// The versions that share the constants used, first and last: "2.28.9", "2.30.3-2.30.7".
  [[nodiscard]] std::string constants() const;
  /// The channels come from a rule instead of a result of NCCL's search: a node that is not in
  /// model/collective/nccl/graphs.toml.
  [[nodiscard]] bool approximated() const;

  /// The cells that NCCL would compare, in its order. Empty for collectives that it does not
  /// estimate: send_recv, all_to_all, gather, scatter.
  [[nodiscard]] std::vector<NcclCell> cells(Collective collective) const;
  [[nodiscard]] std::optional<NcclCell> cell(Collective collective,
                                             NcclAlgorithm algorithm,
                                             NcclProtocol protocol) const;

  /// latency + message / bandwidth, with NCCL's corrections for trees and rings of middle sizes.
  /// `message` as nccl-tests counts it: for all-gather and reduce-scatter the whole.
  [[nodiscard]] Seconds estimate(const NcclCell& cell, Collective collective, Bytes message) const;

  /// The cell of the smallest estimate. Throws Error where there are no cells.
  [[nodiscard]] NcclCell choose(Collective collective, Bytes message) const;

 private:
  std::string version_;
  NcclTopology topology_;
  std::shared_ptr<const NcclConstants> constants_;
  std::shared_ptr<const NcclGraphs> graphs_;
};

/// Ranges of versions that share constants, oldest first: "2.18.1", "2.18.3-2.18.6", ...
std::vector<std::string> nccl_versions();

inline constexpr std::string_view kDefaultNcclVersion = "2.30.7";

}  // namespace fabricast
