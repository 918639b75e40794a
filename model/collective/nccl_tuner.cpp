#include "model/collective/nccl_tuner.hpp"

#include "core/error.hpp"
#include "core/names.hpp"
#include "model/collective/nccl_cells.hpp"
#include "model/collective/nccl_constants.hpp"
#include "model/collective/nccl_graphs.hpp"
#include "model/collective/nccl_version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace fabricast {

namespace {

constexpr std::array<std::string_view, 3> kCpus{"intel", "amd", "arm"};

NcclGeneration generation_of(const NcclTopology& topology) {
  for (const auto& row : kNcclGenerations) {
    if (row.name == topology.architecture) {
      return row.generation;
    }
  }
  throw unknown_name("GPU architecture", topology.architecture, names_of(kNcclGenerations));
}

void check_cpu(const NcclTopology& topology) {
  if (std::find(kCpus.begin(), kCpus.end(), topology.cpu) == kCpus.end()) {
    throw unknown_name("maker of the host processor", topology.cpu, {kCpus.begin(), kCpus.end()});
  }
}

void check_known(const NcclConstants& constants,
                 const std::string& version,
                 const NcclTopology& topology) {
  if (!constants.knows(generation_of(topology))) {
    throw Error(fmt::format("NCCL {} does not know {}", version, topology.architecture),
                "",
                "a newer version: " + nccl_versions().back());
  }
}

/// Nothing to send: NCCL copies.
NcclCell copy() {
  return {NcclAlgorithm::kRing,
          NcclProtocol::kSimple,
          Seconds(),
          BytesPerSecond(std::numeric_limits<double>::infinity()),
          1};
}

bool is_alone(const NcclTopology& t) { return t.nodes == 1 && t.gpus_per_node == 1; }

NcclCells cells_of(const NcclConstants& constants,
                   const NcclGraphs& graphs,
                   const NcclTopology& t) {
  return {constants, graphs, t, generation_of(t)};
}

}  // namespace

NcclTuner::NcclTuner(const std::string& version, const NcclTopology& topology)
    : version_(version), topology_(topology) {
  check_cpu(topology);
  const NcclGeneration generation = generation_of(topology);
  const NcclVersion parsed = parse_nccl_version(version, "");
  constants_ = nccl_constants(parsed);
  check_known(*constants_, version, topology);
  graphs_ = std::make_shared<const NcclGraphs>(
      is_alone(topology) ? NcclGraphs{} : nccl_graphs(parsed, topology, generation));
}

std::string NcclTuner::constants() const { return to_string(constants_->versions); }

bool NcclTuner::approximated() const { return graphs_->approximated; }

std::vector<NcclCell> NcclTuner::cells(Collective collective) const {
  if (!is_alone(topology_)) {
    return cells_of(*constants_, *graphs_, topology_).all(collective);
  }
  return nccl_estimates(collective) ? std::vector{copy()} : std::vector<NcclCell>{};
}

std::optional<NcclCell> NcclTuner::cell(Collective collective,
                                        NcclAlgorithm algorithm,
                                        NcclProtocol protocol) const {
  for (const NcclCell& c : cells(collective)) {
    if (c.algorithm == algorithm && c.protocol == protocol) {
      return c;
    }
  }
  return std::nullopt;
}

Seconds NcclTuner::estimate(const NcclCell& cell, Collective collective, Bytes message) const {
  if (is_alone(topology_)) {
    return {};
  }
  return cells_of(*constants_, *graphs_, topology_).estimate(cell, collective, message);
}

NcclCell NcclTuner::choose(Collective collective, Bytes message) const {
  const std::vector<NcclCell> all = cells(collective);
  if (all.empty()) {
    throw Error(fmt::format("NCCL has no estimate for {}", name(collective)),
                "",
                "all_reduce, all_gather, reduce_scatter, broadcast, reduce");
  }
  return *std::min_element(all.begin(), all.end(), [&](const NcclCell& a, const NcclCell& b) {
    return estimate(a, collective, message) < estimate(b, collective, message);
  });
}

std::vector<std::string> nccl_versions() {
  std::vector<std::string> names;
  for (const NcclVersionRange& range : nccl_version_ranges()) {
    names.push_back(to_string(range));
  }
  return names;
}

}  // namespace fabricast
