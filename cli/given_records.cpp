#include "cli/given_records.hpp"

#include "cli/fitting.hpp"
#include "core/error.hpp"
#include "model/collective/nccl_tuner.hpp"
#include "model/collective/nccl_version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace fabricast {

namespace {

std::string all_clusters() {
  std::string names;
  for (const auto& name : cluster_names()) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

bool is_known_nccl(const std::string& version) {
  try {
    NcclTopology any;
    any.architecture = "hopper";
    any.cpu = "intel";
    const NcclTuner tuner(version, any);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::vector<Record> read_records(const std::vector<std::string>& files) {
  std::vector<Record> records;
  for (const auto& path : files) {
    RecordFile file = read_jsonl(path);
    for (const auto& line : file.skipped) {
      fmt::print(stderr, "skipped: {}\n", line);
    }
    if (!file.training.empty()) {
      fmt::print(stderr,
                 "left out: {} training patterns of {}: a step of many transfers beside "
                 "computation is not one collective\n",
                 file.training.size(),
                 path);
    }
    if (!file.computations.empty()) {
      fmt::print(stderr,
                 "left out: {} computations of {}: they are no collectives\n",
                 file.computations.size(),
                 path);
    }
    records.insert(records.end(), file.records.begin(), file.records.end());
  }
  return records;
}

std::string nccl_version_of(const std::vector<Record>& records) {
  std::vector<NcclVersion> known;
  std::set<std::string> unknown;
  for (const auto& record : records) {
    const auto said = record.origin.versions.find("nccl");
    if (said == record.origin.versions.end()) {
      continue;
    }
    if (is_known_nccl(said->second)) {
      known.push_back(parse_nccl_version(said->second, "records"));
    } else {
      unknown.insert(said->second);
    }
  }
  for (const auto& version : unknown) {
    fmt::print(stderr, "NCCL {} is not known: the newest known chooses in its place\n", version);
  }
  if (known.empty()) {
    return "";
  }
  const auto [oldest, newest] = std::minmax_element(known.begin(), known.end());
  if (*oldest != *newest) {
    fmt::print(stderr,
               "records of NCCL {} to {}: {} is taken for all (--nccl-version)\n",
               to_string(*oldest),
               to_string(*newest),
               to_string(*newest));
  }
  return to_string(*newest);
}

std::string wiring_of(const std::vector<Record>& records) {
  const bool known = std::all_of(records.begin(), records.end(), [](const Record& r) {
    return r.ranks == r.ranks_per_node || r.backend == "mpi";
  });
  std::string cluster = known ? cluster_of(records) : "";
  if (cluster.empty()) {
    throw Error(known ? "no built-in cluster describes the machine of these records"
                      : "the records do not say which network joins their nodes",
                "",
                "--cluster with a .toml file, or one of: " + all_clusters());
  }
  return cluster;
}

}  // namespace fabricast
