#include "model/cluster.hpp"

#include "model/cluster_checks.hpp"
#include "model/cluster_file.hpp"
#include "model/cluster_parts.hpp"
#include "model/cluster_schema.hpp"
#include "model/toml_quantity.hpp"
#include "model/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

namespace {

/// The quantity of a key, with the unit that the key ends in: in(gigabits_per_second, nic,
/// "rate_Gbps").
template <typename MakeUnit>
auto in(MakeUnit unit, const TomlValue& table, std::string_view key) {
  const Quantity<double> q = read_quantity(table.at(key));
  return Quantity<decltype(unit(q.value))>{
      unit(q.value), unit(q.lo), unit(q.hi), q.provenance, q.source};
}

Quantity<double> number(const TomlValue& table, std::string_view key) {
  return read_quantity(table.at(key));
}

Gpu make_gpu(const TomlValue& part) {
  return {part.key,
          part.text_at("architecture"),
          in(gigabytes_per_second, part, "scaleup_GBps"),
          in(gigabytes_per_second, part, "memory_GBps")};
}

Nic make_nic(const TomlValue& part) {
  return {part.key,
          in(gigabits_per_second, part, "rate_Gbps"),
          in(gigabytes_per_second, part, "achieved_GBps"),
          in(microseconds, part, "latency_us")};
}

Switch make_switch(const TomlValue& part) {
  return {part.key, in(nanoseconds, part, "latency_ns")};
}

Node make_node(const TomlValue& node, const Parts& parts) {
  std::optional<Nic> nic;
  if (node.find("nic") != nullptr) {
    nic = make_nic(parts.at("nic", node.text_at("nic")));
  }
  return {make_gpu(parts.at("gpu", node.text_at("gpu"))),
          node.integer_at("gpus"),
          node.text_at("cpu"),
          nic,
          node.integer_at("nics")};
}

ScaleUp make_scaleup(const TomlValue& scaleup) {
  return {scaleup.integer_at("domain_gpus"),
          scaleup.text_at("kind"),
          scaleup.at("in_network_reduction").flag};
}

Pool make_pool(const TomlValue& pool, const Parts& parts) {
  return {pool.text_at("name"),
          number(pool, "nodes"),
          make_node(pool.at("node"), parts),
          make_scaleup(pool.at("scaleup"))};
}

Tier make_tier(const TomlValue& tier, const Parts& parts) {
  return {tier.text_at("name"),
          make_switch(parts.at("switch", tier.text_at("switch"))),
          tier.integer_at("radix"),
          tier.integer_at("down"),
          tier.integer_at("up"),
          number(tier, "group_gpus"),
          number(tier, "oversub"),
          number(tier, "cable_m"),
          in(nanoseconds, parts.at("link", tier.text_at("cable")), "delay_ns_per_m")};
}

std::string fabric_class(std::string_view protocol) {
  const auto* row = std::find_if(kProtocols.begin(), kProtocols.end(), [&](const ProtocolInfo& p) {
    return p.name == protocol;
  });
  return std::string(row->fabric_class);
}

std::vector<std::string> protocols(const TomlValue& fabric) {
  const TomlValue* list = fabric.find("nccl_protocols");
  if (list == nullptr) {
    return {"ll", "ll128", "simple"};
  }
  std::vector<std::string> names;
  for (const auto& item : list->items) {
    names.push_back(item.text);
  }
  return names;
}

Fabric make_fabric(const TomlValue& fabric, const Parts& parts) {
  std::vector<Tier> tiers;
  for (const auto& tier : fabric.at("tier").items) {
    tiers.push_back(make_tier(tier, parts));
  }
  return {fabric.text_at("name"),
          fabric.text_at("protocol"),
          fabric_class(fabric.text_at("protocol")),
          in(gigabits_per_second, fabric, "link_Gbps"),
          fabric.integer_at("rails"),
          fabric.integer_at("planes"),
          fabric.text_at("routing"),
          number(fabric, "routing_efficiency"),
          fabric.at("in_network_reduction").flag,
          tiers,
          protocols(fabric)};
}

/// The facts and notes of one table, with everything inside it.
void collect(const TomlValue& table,
             const TableRule& rule,
             const std::string& path,
             Cluster& into) {
  visit_values(
      table, rule, path, [&](const TomlValue& value, const KeyRule& row, const std::string& key) {
        if (row.kind == KeyKind::kQuantity) {
          into.facts.push_back({key, read_quantity(value)});
        } else if (row.kind == KeyKind::kNote) {
          into.notes.push_back({key, value.text});
        }
      });
}

const TableRule& rule_of_part(std::string_view table) {
  const auto keys = parts_rule().keys;
  return *std::find_if(keys.begin(), keys.end(), [&](const KeyRule& row) {
            return row.key == table;
          })->table;
}

/// Names of parts that the file refers to: keys as in kPartTables, and `cable` for a link.
void used_names(const TomlValue& value, std::string_view table, std::vector<std::string>& names) {
  const bool refers =
      value.kind == TomlValue::Kind::kText && value.key == (table == "link" ? "cable" : table);
  if (refers && std::find(names.begin(), names.end(), value.text) == names.end()) {
    names.push_back(value.text);
  }
  for (const auto& item : value.items) {
    used_names(item, table, names);
  }
}

/// The facts of the parts that the file takes from the library; its own are among its tables.
void collect_library_parts(const TomlValue& file, const Parts& parts, Cluster& into) {
  for (const auto table : kPartTables) {
    std::vector<std::string> names;
    used_names(file, table, names);
    for (const auto& name : names) {
      if (!parts.is_own(table, name)) {
        const std::string path = fmt::format("{}.{}", table, name);
        collect(parts.at(table, name), rule_of_part(table), path, into);
      }
    }
  }
}

std::vector<std::string> texts(const TomlValue* list) {
  std::vector<std::string> texts;
  if (list != nullptr) {
    for (const auto& item : list->items) {
      texts.push_back(item.text);
    }
  }
  return texts;
}

Cluster cluster_of(const TomlValue& file) {
  const Parts parts(file);
  const TomlValue& about = file.at("cluster");
  Cluster cluster;
  cluster.id = about.text_at("id");
  cluster.title = about.text_at("title");
  cluster.aliases = texts(about.find("aliases"));
  cluster.status = about.text_at("status");
  cluster.as_of = about.text_at("as_of");
  cluster.fidelity = about.text_at("fidelity");
  cluster.gpus_total = number(about, "gpus_total");
  for (const auto& pool : file.at("pool").items) {
    cluster.pools.push_back(make_pool(pool, parts));
  }
  if (const TomlValue* fabric = file.find("fabric")) {
    cluster.fabric = make_fabric(*fabric, parts);
  }
  cluster.unknown = texts(about.find("unknown"));
  collect(file, cluster_rule(), "", cluster);
  collect_library_parts(file, parts, cluster);
  return cluster;
}

}  // namespace

std::vector<Error> faults_of(const ClusterFile& file) {
  Faults faults(file.name);
  check_schema(file.root, cluster_rule(), faults);
  if (faults.all().empty()) {
    check_cluster(file.root, Parts(file.root), faults);
  }
  return faults.all();
}

Cluster make_cluster(const ClusterFile& file) {
  const auto faults = faults_of(file);
  if (!faults.empty()) {
    throw Error(faults.front());
  }
  return cluster_of(file.root);
}

Cluster parse_cluster(const std::string& text, const std::string& file) {
  return make_cluster({file, read_toml(text, file)});
}

Cluster load_cluster(const std::string& name_or_path) {
  const ClusterText source = find_cluster_text(name_or_path);
  return parse_cluster(source.text, source.file);
}

std::vector<Error> cluster_faults(const std::string& name_or_path) {
  const ClusterText source = find_cluster_text(name_or_path);
  try {
    return faults_of({source.file, read_toml(source.text, source.file)});
  } catch (const Error& fault) {
    return {fault};
  }
}

const Fact* find_fact(const Cluster& cluster, std::string_view key) {
  const auto found = std::find_if(cluster.facts.begin(),
                                  cluster.facts.end(),
                                  [&](const Fact& fact) { return fact.key == key; });
  return found == cluster.facts.end() ? nullptr : &*found;
}

}  // namespace fabricast
