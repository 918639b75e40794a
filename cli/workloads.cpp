// fabricast workloads list | show | check
#include "cli/cli.hpp"
#include "core/error.hpp"
#include "model/workload_file.hpp"
#include "report/cluster_tree.hpp"
#include "report/number.hpp"
#include "report/table.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>

namespace fabricast {

namespace {

void list_workloads() {
  Table table{
      {{"name", "", Content::kWords, 4},
       {"parameters", "", Content::kNumber, 3},
       {"layers", "", Content::kNumber, 2},
       {"hidden", "", Content::kNumber, 2},
       {"experts", "", Content::kNumber, 1},
       {"title", "", Content::kWords, 0}},
      {}
  };
  for (const auto& name : workload_names()) {
    const Workload w = load_workload(name).workload;
    table.rows.push_back({name,
                          format_count(parameter_count(w)),
                          format_count(w.layers),
                          format_count(w.hidden),
                          w.experts == 0 ? std::string(kNoNumber) : format_count(w.experts),
                          w.title});
  }
  fmt::print("{}", render(table));
}

/// "layers.7.norm.0" -> "layers.*.norm.0": the tensors of all layers are alike.
std::string without_layer(const std::string& name) {
  constexpr std::string_view kPrefix = "layers.";
  return name.starts_with(kPrefix) ? "layers.*" + name.substr(name.find('.', kPrefix.size()))
                                   : name;
}

void print_tensors(const Workload& workload) {
  Table table{
      {{"tensor", "", Content::kWords, 3},
       {"elements", "", Content::kNumber, 2},
       {"how many", "", Content::kNumber, 1}},
      {                                    }
  };
  std::map<std::string, std::uint64_t> copies;
  for (const auto& tensor : parameter_tensors(workload)) {
    ++copies[without_layer(tensor.name)];
  }
  for (const auto& tensor : parameter_tensors(workload)) {
    const std::string name = without_layer(tensor.name);
    if (tensor.layer == 0 || tensor.layer == workload.layers) {
      table.rows.push_back({name, format_count(tensor.count), format_count(copies[name])});
    }
  }
  fmt::print("\n{}", render(table));
}

void show_workload(const std::string& name, bool with_sources) {
  const DescribedWorkload described = load_workload(name);
  const Workload& w = described.workload;
  fmt::print("{}: {}\n{} parameters counted\n\n", w.id, w.title, format_count(parameter_count(w)));
  for (const auto& fact : described.facts) {
    fmt::print("  {:26} {}\n", fact.key, ranged(fact.quantity));
    if (with_sources) {
      fmt::print("    {}\n", fact.quantity.source);
    }
  }
  print_tensors(w);
}

void check_workload(const std::string& name_or_path) {
  const auto faults = workload_faults(name_or_path);
  if (faults.size() > 1) {
    for (const auto& fault : faults) {
      fmt::print("{}\n", fault.what());
    }
    throw Error(fmt::format("{}: {} faults", name_or_path, faults.size()),
                name_or_path,
                "correct the lines named");
  }
  const Workload w = load_workload(name_or_path).workload;  // throws the fault if there is one
  fmt::print("good: {:14} {} parameters, published {:.4g}\n",
             w.id,
             format_count(parameter_count(w)),
             w.published_parameters);
}

void check_workloads(const std::string& name_or_path) {
  if (!name_or_path.empty()) {
    check_workload(name_or_path);
    return;
  }
  for (const auto& name : workload_names()) {
    check_workload(name);
  }
}

}  // namespace

void register_workloads(CLI::App& app) {
  CLI::App* workloads = app.add_subcommand("workloads", "The models that training patterns run");
  workloads->require_subcommand(1);
  workloads->add_subcommand("list", "Names and sizes")->callback(list_workloads);

  const auto name = std::make_shared<std::string>();
  const auto with_sources = std::make_shared<bool>(false);
  CLI::App* show = workloads->add_subcommand("show", "Shapes with their provenance, and tensors");
  show->add_option("NAME", *name, "a built-in name or a .toml file")->required();
  show->add_flag("--sources", *with_sources, "print where each number comes from");
  show->callback([=] { show_workload(*name, *with_sources); });

  const auto file = std::make_shared<std::string>();
  CLI::App* check =
      workloads->add_subcommand("check", "Find the faults of a file, count its parameters");
  check->add_option("FILE", *file, "a .toml file or a built-in name; without it all built-in ones");
  check->callback([=] { check_workloads(*file); });
}

}  // namespace fabricast
