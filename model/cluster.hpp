// A cluster as its TOML file describes it: nodes, scale-up domain, fabric, each number with its
// origin.
#pragma once

#include "core/error.hpp"
#include "core/provenance.hpp"
#include "core/units.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

struct Gpu {
  std::string name;                  // "h100-sxm5-80"
  std::string architecture;          // "ampere", "hopper", "blackwell"; "cpu" for host ranks
  Quantity<BytesPerSecond> scaleup;  // NVLink datasheet rate per direction
  Quantity<BytesPerSecond> memory;   // device memory, achieved
};

struct Nic {
  std::string name;
  Quantity<BytesPerSecond> rate;      // datasheet, per direction
  Quantity<BytesPerSecond> achieved;  // what perftest-like tools reach
  Quantity<Seconds> latency;
};

struct Switch {
  std::string name;
  Quantity<Seconds> latency;
};

struct Node {
  Gpu gpu;
  int gpus = 0;
  std::string cpu;  // "intel", "amd", "arm": NCCL's constants depend on it
  std::optional<Nic> nic;
  int nics = 0;
};

struct ScaleUp {
  int domain_gpus = 1;
  std::string kind;  // "nvswitch", "mesh", "pcie", "host-memory", "none"
  bool in_network_reduction = false;
};

struct Pool {
  std::string name;
  Quantity<double> nodes;
  Node node;
  ScaleUp scaleup;
};

/// One level of switches, bottom to top.
struct Tier {
  std::string name;
  Switch switch_kind;
  int radix = 0;
  int down = 0;
  int up = 0;
  Quantity<double> group_gpus;  // GPUs that reach each other without leaving this tier
  Quantity<double> oversub;     // down-capacity / up-capacity; 1 = non-blocking
  Quantity<double> cable_m;     // to the tier below
  Quantity<Seconds> delay_per_m;
};

struct Fabric {
  std::string name;
  std::string protocol;  // as written: "roce-v2", "infiniband-ndr", "efa-srd", "slingshot", "tcp"
  std::string
      fabric_class;  // what constants are kept for: "roce", "infiniband", "efa", "slingshot", "tcp"
  Quantity<BytesPerSecond> link;  // one switch port
  int rails = 1;
  int planes = 1;
  std::string routing;
  Quantity<double> routing_efficiency;
  bool in_network_reduction = false;  // SHARP
  std::vector<Tier> tiers;
  std::vector<std::string> nccl_protocols;  // that NCCL may use over it: of ll, ll128, simple
};

/// A number of the file or of a part that it uses, as written: its unit is part of the key.
struct Fact {
  std::string key;  // "power.site_MW", "pool.h100.node.power_train_W", "gpu.h100-sxm5-80.memory_GB"
  Quantity<double> quantity;
};

/// Text of the file that nothing is computed from.
struct Note {
  std::string key;  // "pool.h100.node.chassis"
  std::string text;
};

struct Cluster {
  std::string id;
  std::string title;
  std::vector<std::string> aliases;  // other names that load_cluster knows it by
  std::string status;                // operating | announced | reference-design | hypothetical
  std::string as_of;
  std::string
      fidelity;  // measured-elsewhere | topology-published | topology-assumed | design-assumed
  Quantity<double> gpus_total;
  std::vector<Pool> pools;
  std::optional<Fabric> fabric;
  std::vector<Fact> facts;  // every number, those of the typed fields above included
  std::vector<Note> notes;
  std::vector<std::string> unknown;  // printed with every result of this cluster
};

/// Names of the clusters that are built in, without their aliases.
std::vector<std::string> cluster_names();

/// A built-in name, one of its aliases, or a path to a .toml file (anything with a '/' or ending in
/// ".toml"). Throws Error: unknown name (with the list), unreadable file, or any fault of the file
/// with file:line and remedy (unknown key, missing unit, missing provenance, range, reference).
Cluster load_cluster(const std::string& name_or_path);

/// Parses and checks the text of a cluster file; `file` is used in messages.
Cluster parse_cluster(const std::string& text, const std::string& file);

/// Every fault of a cluster file that can be told at once, none if it is good. Faults of the
/// notation hide those of the schema, and these hide contradictions between values. Throws Error
/// when there is no such cluster or file.
std::vector<Error> cluster_faults(const std::string& name_or_path);

/// The fact of that key, or nullptr.
const Fact* find_fact(const Cluster& cluster, std::string_view key);

}  // namespace fabricast
