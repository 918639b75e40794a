// fabricast clusters list | show | check | keys
#include "cli/cli.hpp"
#include "core/error.hpp"
#include "model/cluster.hpp"
#include "model/cluster_schema.hpp"
#include "model/cluster_shape.hpp"
#include "report/number.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <memory>

namespace fabricast {

namespace {

constexpr std::size_t kLineWidth = 100;

std::string cut(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 2) + "..";
}

/// 25000 -> "25,000".
std::string counted(double count) {
  return format_count(static_cast<std::uint64_t>(std::llround(count)));
}

/// "0.9 (0.75..0.95, claim)"; a definition has no range to show.
std::string ranged(double v, double lo, double hi, Provenance p) {
  return lo == hi ? fmt::format("{:.6g} ({})", v, name(p))
                  : fmt::format("{:.6g} ({:.6g}..{:.6g}, {})", v, lo, hi, name(p));
}

std::string ranged(const Quantity<double>& q) { return ranged(q.value, q.lo, q.hi, q.provenance); }

std::string ranged(const Quantity<BytesPerSecond>& q) {
  const auto rounded = [](BytesPerSecond rate) { return std::round(in_GBps(rate) * 10) / 10; };
  return ranged(rounded(q.value), rounded(q.lo), rounded(q.hi), q.provenance);
}

void list_clusters() {
  constexpr std::string_view kRow = "{:16} {:>8}  {:16}  {:18}  {}\n";
  fmt::print(kRow, "name", "GPUs", "status", "fidelity", "title");
  for (const auto& name : cluster_names()) {
    const Cluster cluster = load_cluster(name);
    fmt::print(kRow,
               name,
               counted(cluster.gpus_total.value),
               cluster.status,
               cluster.fidelity,
               cut(cluster.title, kLineWidth - 65));
  }
}

void print_head(const Cluster& cluster) {
  fmt::print("{}: {}\n", cluster.id, cluster.title);
  fmt::print("{}, as of {}, {}; GPUs {}\n",
             cluster.status,
             cluster.as_of,
             cluster.fidelity,
             ranged(cluster.gpus_total));
}

void print_pool(const Pool& pool, const std::string& indent) {
  fmt::print("{}{}: {} {} of {} {}, {} CPU",
             indent,
             pool.name,
             counted(pool.nodes.value),
             pool.nodes.value == 1 ? "node" : "nodes",
             pool.node.gpus,
             pool.node.gpu.name,
             pool.node.cpu);
  if (pool.node.nic) {
    fmt::print(", {} {}", pool.node.nics, pool.node.nic->name);
  }
  fmt::print("\n{}  scale-up {}, domain of {}{}, {:g} GB/s per GPU\n",
             indent,
             pool.scaleup.kind,
             pool.scaleup.domain_gpus,
             pool.scaleup.in_network_reduction ? " that reduces" : "",
             in_GBps(pool.node.gpu.scaleup.value));
}

/// Top tier first, each tier further in than the one above; the pools below the lowest.
void print_tree(const Cluster& cluster) {
  std::string indent;
  if (cluster.fabric) {
    const Fabric& fabric = *cluster.fabric;
    fmt::print("\nfabric {}: {}, links of {:g} Gb/s, rails {}, planes {}\n",
               fabric.name,
               fabric.protocol,
               in_GBps(fabric.link.value) * 8,
               fabric.rails,
               fabric.planes);
    fmt::print("{} routing, efficiency {}\n", fabric.routing, ranged(fabric.routing_efficiency));
    const auto shapes = tier_shapes(cluster);
    for (std::size_t i = shapes.size(); i-- > 0;) {
      const Tier& tier = fabric.tiers[i];
      fmt::print("{}{}: {} x {} ({} down, {} up), {} x {} GPUs\n",
                 indent,
                 tier.name,
                 counted(shapes[i].switches),
                 tier.switch_kind.name,
                 tier.down,
                 tier.up,
                 counted(shapes[i].groups),
                 counted(tier.group_gpus.value));
      fmt::print("{}  GB/s per GPU {}\n", indent, ranged(shapes[i].per_gpu));
      indent += "  ";
    }
  } else {
    fmt::print("\nno fabric: one scale-up domain\n");
  }
  for (const auto& pool : cluster.pools) {
    print_pool(pool, indent);
  }
}

void print_facts(const Cluster& cluster, bool with_sources) {
  fmt::print("\nnumbers, their range and provenance{}\n",
             with_sources ? "" : " (--sources: where each comes from)");
  for (const auto& [key, quantity] : cluster.facts) {
    fmt::print("  {:46} {}\n", key, ranged(quantity));
    if (with_sources) {
      fmt::print("    {}\n", quantity.source);
    }
  }
  for (const auto& [key, text] : cluster.notes) {
    fmt::print("  {:46} {}\n", key, text);
  }
}

void show_cluster(const std::string& name, bool with_sources) {
  const Cluster cluster = load_cluster(name);
  print_head(cluster);
  print_tree(cluster);
  print_facts(cluster, with_sources);
  fmt::print("\nunknown\n");
  for (const auto& item : cluster.unknown) {
    fmt::print("  {}\n", item);
  }
}

void check_cluster_file(const std::string& path) {
  const auto faults = cluster_faults(path);
  if (faults.size() > 1) {
    for (const auto& fault : faults) {
      fmt::print("{}\n", fault.what());
    }
    throw Error(fmt::format("{}: {} faults", path, faults.size()), path, "correct the lines named");
  }
  const Cluster cluster = load_cluster(path);  // throws the fault if there is one
  fmt::print("good: {}\n", cluster.id);
  const auto shapes = tier_shapes(cluster);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Tier& tier = cluster.fabric->tiers[i];
    fmt::print("  {}: {} {}\n", tier.name, counted(shapes[i].switches), tier.switch_kind.name);
  }
}

void print_keys(const TableRule& table, const std::string& indent) {
  for (const auto& row : table.keys) {
    fmt::print("{:<30} {:<9} {}\n",
               indent + std::string(row.key),
               row.required ? "" : "optional",
               row.meaning);
    if (!row.words.empty()) {
      fmt::print("{}    one of: {}\n", indent, fmt::join(row.words, " "));
    }
    if (row.table != nullptr) {
      print_keys(*row.table, indent + "  ");
    }
  }
}

}  // namespace

void register_clusters(CLI::App& app) {
  CLI::App* clusters =
      app.add_subcommand("clusters", "The clusters that forecasts can be made for");
  clusters->require_subcommand(1);
  clusters->add_subcommand("list", "Names, sizes, how well each is known")->callback(list_clusters);

  const auto name = std::make_shared<std::string>();
  const auto with_sources = std::make_shared<bool>(false);
  CLI::App* show =
      clusters->add_subcommand("show", "Tiers, nodes, every number with its provenance");
  show->add_option("NAME", *name, "a built-in name or a .toml file")->required();
  show->add_flag("--sources", *with_sources, "print where each number comes from");
  show->callback([=] { show_cluster(*name, *with_sources); });

  const auto file = std::make_shared<std::string>();
  CLI::App* check = clusters->add_subcommand("check", "Find the faults of a cluster file");
  check->add_option("FILE", *file, "a .toml file or a built-in name")->required();
  check->callback([=] { check_cluster_file(*file); });

  clusters->add_subcommand("keys", "Every key that a cluster file may hold")->callback([] {
    print_keys(cluster_rule(), "");
  });
}

}  // namespace fabricast
