#include "model/cluster_checks.hpp"

#include "core/names.hpp"
#include "model/toml_quantity.hpp"

#include <fmt/format.h>

#include <set>

namespace fabricast {

namespace {

class ClusterCheck {
 public:
  ClusterCheck(const TomlValue& file, const Parts& parts, Faults& faults)
      : file_(file), parts_(parts), faults_(faults) {}

  void run() {
    for (const auto* list : {"pool", "group", "observation"}) {
      if (const TomlValue* tables = file_.find(list)) {
        unique_names(*tables, list);
      }
    }
    pools();
    if (const TomlValue* fabric = file_.find("fabric")) {
      tiers(fabric->at("tier"));
    }
  }

 private:
  void unique_names(const TomlValue& list, const std::string& path) {
    std::set<std::string> seen;
    for (const auto& item : list.items) {
      const TomlValue& name = item.at("name");
      if (!seen.insert(name.text).second) {
        faults_.add(name,
                    path,
                    fmt::format("a second {} is named '{}'", path, quotable(name.text)),
                    "another name: facts and faults refer to it");
      }
    }
  }

  void reference(const TomlValue& table,
                 std::string_view key,
                 std::string_view kind,
                 const std::string& path) {
    const TomlValue* name = table.find(key);
    if (name != nullptr && parts_.find(kind, name->text) == nullptr) {
      faults_.add(unknown_name(kind,
                               quotable(name->text),
                               parts_.names(kind),
                               faults_.where(*name, fmt::format("{}.{}", path, key))));
    }
  }

  void pools() {
    const TomlValue& list = file_.at("pool");
    double gpus = 0;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const TomlValue& pool = list.items[i];
      const std::string path = item_path("pool", list, i);
      const TomlValue& node = pool.at("node");
      gpus += read_quantity(pool.at("nodes")).value * node.integer_at("gpus");
      reference(node, "gpu", "gpu", path + ".node");
      reference(node, "nic", "nic", path + ".node");
      reference(pool.at("scaleup"), "switch", "switch", path + ".scaleup");
      nics(pool, path);
      domain(pool, path);
    }
    total(gpus);
  }

  void total(double gpus) {
    const TomlValue& total = file_.at("cluster").at("gpus_total");
    const auto stated = read_quantity(total);
    if (gpus < stated.lo || gpus > stated.hi) {
      faults_.add(
          total,
          "cluster.gpus_total",
          fmt::format("the pools hold {} GPUs, gpus_total is {} .. {}", gpus, stated.lo, stated.hi),
          "nodes and gpus of the pools, or a range of gpus_total that holds their sum");
    }
  }

  void nics(const TomlValue& pool, const std::string& path) {
    const TomlValue& node = pool.at("node");
    const int nics = node.integer_at("nics");
    if ((nics > 0) != (node.find("nic") != nullptr)) {
      faults_.add(node,
                  path + ".node",
                  fmt::format("{} NICs, and {}", nics, nics > 0 ? "no nic" : "a nic"),
                  "both nic = \"NAME\" and nics = 1 or more, or neither");
    } else if (nics == 0 && file_.find("fabric") != nullptr) {
      faults_.add(node, path + ".node", "a fabric, and nodes without NICs", "nic and nics");
    }
  }

  void domain(const TomlValue& pool, const std::string& path) {
    const TomlValue& scaleup = pool.at("scaleup");
    const TomlValue& domain = scaleup.at("domain_gpus");
    const int size = scaleup.integer_at("domain_gpus");
    const int gpus = pool.at("node").integer_at("gpus");
    if (size % gpus != 0 && gpus % size != 0) {
      faults_.add(domain,
                  path + ".scaleup.domain_gpus",
                  fmt::format("a domain of {} GPUs does not fit nodes of {}", size, gpus),
                  "a multiple or a divisor of gpus per node");
    }
    if (size > 1 && scaleup.text_at("kind") == "none") {
      faults_.add(domain,
                  path + ".scaleup.domain_gpus",
                  fmt::format("a domain of {} GPUs that nothing joins", size),
                  "domain_gpus = 1, or another kind than none");
    }
    const double all = read_quantity(pool.at("nodes")).value * gpus;
    if (file_.find("fabric") == nullptr && all > size) {
      faults_.add(pool,
                  path,
                  fmt::format("{} GPUs in domains of {}, and no fabric", all, size),
                  "a [fabric], or one scale-up domain");
    }
  }

  void tiers(const TomlValue& list) {
    unique_names(list, "fabric.tier");
    double below = 0;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const TomlValue& tier = list.items[i];
      const std::string path = item_path("fabric.tier", list, i);
      reference(tier, "switch", "switch", path);
      reference(tier, "cable", "link", path);
      ports(tier, path, i + 1 == list.items.size());
      const double group = read_quantity(tier.at("group_gpus")).value;
      if (group <= below) {
        faults_.add(tier.at("group_gpus"),
                    path + ".group_gpus",
                    fmt::format("{} GPUs, not more than the {} of the tier below", group, below),
                    "tiers from bottom to top, each reaching more GPUs");
      }
      below = group;
    }
    top(list.items.back());
  }

  void ports(const TomlValue& tier, const std::string& path, bool is_top) {
    const int radix = tier.integer_at("radix");
    const int down = tier.integer_at("down");
    const int up = tier.integer_at("up");
    if (down + up > radix) {
      faults_.add(tier.at("down"),
                  path,
                  fmt::format("{} ports down and {} up, radix {}", down, up, radix),
                  "down + up <= radix");
    }
    if (up == 0 && !is_top) {
      faults_.add(tier.at("up"), path, "no ports to the tier above", "up = 1 or more");
    } else if (up > 0 && tier.at("oversub").line != kSetOnCommandLine) {  // a what-if may ask more
      oversubscription(tier, path, static_cast<double>(down) / up);
    }
  }

  void oversubscription(const TomlValue& tier, const std::string& path, double by_ports) {
    constexpr double kRounding = 0.01;  // files write 1.07 for 15/14
    const auto stated = read_quantity(tier.at("oversub"));
    if (by_ports < stated.lo * (1 - kRounding) || by_ports > stated.hi * (1 + kRounding)) {
      faults_.add(
          tier.at("oversub"),
          path + ".oversub",
          fmt::format("the ports give {:.3g}, oversub is {} .. {}", by_ports, stated.lo, stated.hi),
          "oversub = down / up, or a range that holds it");
    }
  }

  void top(const TomlValue& tier) {
    const TomlValue& reached = tier.at("group_gpus");
    const auto total = read_quantity(file_.at("cluster").at("gpus_total"));
    if (read_quantity(reached).hi < total.lo) {
      faults_.add(
          reached,
          "fabric.tier." + quotable(tier.at("name").text),
          fmt::format("the top tier reaches {} of {} GPUs", read_quantity(reached).hi, total.lo),
          "a group_gpus that holds gpus_total, or a further tier");
    }
  }

  const TomlValue& file_;
  const Parts& parts_;
  Faults& faults_;
};

}  // namespace

void check_cluster(const TomlValue& file, const Parts& parts, Faults& faults) {
  ClusterCheck(file, parts, faults).run();
}

}  // namespace fabricast
