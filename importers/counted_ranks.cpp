#include "importers/counted_ranks.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace fabricast {

namespace {

std::string at(const std::string& file, int line) { return fmt::format("{}:{}", file, line); }

// Built without MPI, each of N processes lists itself as rank 0 and runs alone.
void refuse_single_runs(const NcclTestsRun& run, const std::string& file) {
  std::map<int, int> times;
  for (const auto& device : run.devices) {
    if (++times[device.rank] > 1) {
      const auto count = std::count_if(run.devices.begin(), run.devices.end(), [&](const auto& d) {
        return d.rank == device.rank;
      });
      throw Error(fmt::format("rank {} is listed {} times: {} runs of their own, not one run of "
                              "many ranks",
                              device.rank,
                              count,
                              count),
                  at(file, device.line),
                  "build nccl-tests with MPI=1, with the MPI of the mpirun that starts it");
    }
  }
}

// JSON lists one device per process, so that ranks go up by the GPUs of a process.
int ranks_per_line(const NcclTestsRun& run) {
  const bool every_rank = run.devices.size() > 1 && run.devices[1].rank == run.devices[0].rank + 1;
  return every_rank ? 1 : std::max(1, run.ranks_per_device_line);
}

bool all_are_listed(const NcclTestsRun& run, int per_line) {
  std::set<int> ranks;
  for (const auto& device : run.devices) {
    ranks.insert(device.rank);
  }
  std::int64_t expected = 0;
  return std::all_of(ranks.begin(), ranks.end(), [&](int rank) {
    const bool next = rank == expected;
    expected += per_line;
    return next;
  });
}

bool names_a_bus(const std::string& device) {
  return device.find_first_of("123456789abcdef", device.find('[')) != std::string::npos;
}

CountedRanks counted(const NcclTestsRun& run) {
  CountedRanks c;
  const int per_line = ranks_per_line(run);
  if (run.devices.empty()) {
    c.problem = "no rank is listed";
    return c;
  }
  if (!all_are_listed(run, per_line)) {
    c.problem = "not every rank is listed";
    return c;
  }
  std::map<int, std::map<std::string, int>> groups;
  std::set<std::pair<std::string, std::string>> gpus;
  for (const auto& device : run.devices) {
    groups[device.group][device.host] += per_line;
    c.shared_gpus |= !gpus.emplace(device.host, device.device).second && names_a_bus(device.device);
  }
  const auto& hosts = groups.at(run.devices.front().group);
  for (const auto& [host, ranks] : hosts) {
    c.ranks += ranks;
    c.ranks_per_node = std::max(c.ranks_per_node, ranks);
  }
  c.nodes = static_cast<int>(hosts.size());
  if (c.ranks_per_node * c.nodes != c.ranks) {
    c.warnings.emplace_back("the nodes have different numbers of ranks");
  }
  if (groups.size() > 1) {
    c.warnings.push_back(
        fmt::format("the mean over {} communicators that ran at once", groups.size()));
  }
  return c;
}

Error contradiction(const std::string& option,
                    int ranks,
                    const NcclTestsRun& run,
                    const std::string& file) {
  return {fmt::format("{} does not fit to the {} ranks that are listed", option, ranks),
          at(file, run.devices.front().line),
          "nodes x ranks per node = ranks; leave the option out to take what the file says"};
}

// Host names may be hidden or all the same, so that the list tells the ranks but not the nodes.
void place(CountedRanks& c,
           const NcclTestsRun& run,
           const std::string& file,
           const ImportOptions& options) {
  const int nodes = options.nodes > 0            ? options.nodes
                    : options.ranks_per_node > 0 ? c.ranks / options.ranks_per_node
                                                 : c.nodes;
  const int per_node = options.ranks_per_node > 0 ? options.ranks_per_node : c.ranks / nodes;
  if (static_cast<long>(nodes) * per_node != c.ranks) {
    throw contradiction(options.nodes > 0 ? "--nodes" : "--ranks-per-node", c.ranks, run, file);
  }
  c.nodes = nodes;
  c.ranks_per_node = per_node;
}

}  // namespace

CountedRanks count_ranks(const NcclTestsRun& run,
                         const std::string& file,
                         const ImportOptions& options) {
  refuse_single_runs(run, file);
  CountedRanks c = counted(run);
  if (c.ranks > 0 && (options.nodes > 0 || options.ranks_per_node > 0)) {
    place(c, run, file, options);
  } else if (c.ranks == 0 && options.nodes > 0 && options.ranks_per_node > 0) {
    c.nodes = options.nodes;
    c.ranks_per_node = options.ranks_per_node;
    c.ranks = c.nodes * c.ranks_per_node;
    c.problem.clear();
  }
  return c;
}

}  // namespace fabricast
