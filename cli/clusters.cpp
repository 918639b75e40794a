// fabricast clusters list | show | check | keys
#include "cli/cli.hpp"
#include "core/error.hpp"
#include "model/cluster.hpp"
#include "model/cluster_override.hpp"
#include "model/cluster_schema.hpp"
#include "model/cluster_shape.hpp"
#include "report/cluster_tree.hpp"
#include "report/number.hpp"
#include "report/table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fabricast {

namespace {

/// 25000 -> "25,000".
std::string counted(double count) {
  return format_count(static_cast<std::uint64_t>(std::llround(count)));
}

void list_clusters() {
  Table table{
      {{"name", "", Content::kWords, 4},
       {"GPUs", "", Content::kNumber, 3},
       {"status", "", Content::kWords, 2},
       {"fidelity", "", Content::kWords, 1},
       {"title", "", Content::kWords, 0}},
      { }
  };
  for (const auto& name : cluster_names()) {
    const Cluster cluster = load_cluster(name);
    table.rows.push_back(
        {name, counted(cluster.gpus_total.value), cluster.status, cluster.fidelity, cluster.title});
  }
  fmt::print("{}", render(table));
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
    fmt::print("{}", paragraph(fmt::format("{:46} {}", key, text), 2));
  }
}

void show_cluster(const std::string& name,
                  const std::vector<std::string>& sets,
                  bool with_sources) {
  for (const auto& [label, cluster] : cluster_variants(name, sets)) {
    if (!label.empty()) {
      fmt::print("what if: {}\n", label);
    }
    fmt::print("{}", cluster_tree(cluster));
    print_facts(cluster, with_sources);
  }
}

/// "leaf 32, spine 16": switches that the ports imply, to hold against what is published.
std::string switch_counts(const Cluster& cluster) {
  std::string text;
  const auto shapes = tier_shapes(cluster);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Tier& tier = cluster.fabric->tiers[i];
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", tier.name, counted(shapes[i].switches));
  }
  return text.empty() ? "one scale-up domain" : text;
}

void print_good(const std::string& name_or_path) {
  const Cluster cluster = load_cluster(name_or_path);  // throws the fault if there is one
  fmt::print("good: {:20} switches: {}\n", cluster.id, switch_counts(cluster));
}

void check_cluster_file(const std::string& name_or_path) {
  const auto faults = cluster_faults(name_or_path);
  if (faults.size() > 1) {
    for (const auto& fault : faults) {
      fmt::print("{}\n", fault.what());
    }
    throw Error(fmt::format("{}: {} faults", name_or_path, faults.size()),
                name_or_path,
                "correct the lines named");
  }
  print_good(name_or_path);
}

void check_clusters(const std::string& name_or_path) {
  if (!name_or_path.empty()) {
    check_cluster_file(name_or_path);
    return;
  }
  for (const auto& name : cluster_names()) {
    check_cluster_file(name);
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
  const auto sets = std::make_shared<std::vector<std::string>>();
  CLI::App* show =
      clusters->add_subcommand("show", "Tiers, nodes, every number with its provenance");
  show->add_option("NAME", *name, "a built-in name or a .toml file")->required();
  show->add_flag("--sources", *with_sources, "print where each number comes from");
  show->add_option("--set",
                   *sets,
                   "what if: KEY=VALUE, e.g. fabric.tier[spine].oversub=4; KEY=1,2,4 shows each; "
                   "may be repeated")
      ->allow_extra_args(false);
  show->callback([=] { show_cluster(*name, *sets, *with_sources); });

  const auto file = std::make_shared<std::string>();
  CLI::App* check =
      clusters->add_subcommand("check", "Find the faults of a cluster file, count its switches");
  check->add_option("FILE", *file, "a .toml file or a built-in name; without it all built-in ones");
  check->callback([=] { check_clusters(*file); });

  clusters->add_subcommand("keys", "Every key that a cluster file may hold")->callback([] {
    print_keys(cluster_rule(), "");
  });
}

}  // namespace fabricast
