#include "model/collective/nccl_search.hpp"

#include "core/error.hpp"
#include "model/collective/nccl_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "embedded/nccl_files.hpp"

namespace fabricast {

namespace {

struct Column {
  std::string_view name;
  double NcclSearchRow::*field;
};
constexpr std::array kColumns{
    Column{"gpus",              &NcclSearchRow::gpus             },
    Column{"nics",              &NcclSearchRow::nics             },
    Column{"nic_Gbps",          &NcclSearchRow::nic_Gbps         },
    Column{"ring_channels",     &NcclSearchRow::ring_channels    },
    Column{"ring_GBps",         &NcclSearchRow::ring_GBps        },
    Column{"tree_intra_GBps",   &NcclSearchRow::tree_intra_GBps  },
    Column{"tree_inter_GBps",   &NcclSearchRow::tree_inter_GBps  },
    Column{"nvls_channels",     &NcclSearchRow::nvls_channels    },
    Column{"nvls_intra_GBps",   &NcclSearchRow::nvls_intra_GBps  },
    Column{"nvls_inter_GBps",   &NcclSearchRow::nvls_inter_GBps  },
    Column{"direct_channels",   &NcclSearchRow::direct_channels  },
    Column{"direct_intra_GBps", &NcclSearchRow::direct_intra_GBps},
    Column{"direct_inter_GBps", &NcclSearchRow::direct_inter_GBps},
    Column{"plain_tree",        &NcclSearchRow::plain_tree       },
    Column{"same_ring",         &NcclSearchRow::same_ring        },
};
constexpr std::array<std::string_view, 4> kGenerationKeys{"volta", "ampere", "hopper", "blackwell"};
constexpr std::array<std::string_view, 2> kHosts{"x86", "arm"};
constexpr std::array<std::string_view, 2> kNodes{"one", "several"};
constexpr std::array<std::string_view, 3> kMakers{"intel", "amd", "arm"};

struct Result {
  NcclVersion since;
  NcclSearchRow row;
};

struct SearchFile {
  std::map<NcclSearchKind, std::vector<Result>> results;
  std::array<BytesPerSecond, kGenerationKeys.size()> nvlink{};  // of a GPU
  std::array<BytesPerSecond, kMakers.size()> sockets{};         // between the hosts' processors
};

std::vector<double NcclSearchRow::*> read_columns(const NcclTable& table, const TomlValue& names) {
  std::vector<double NcclSearchRow::*> fields;
  for (const auto& item : names.items) {
    const auto found = std::find_if(
        kColumns.begin(), kColumns.end(), [&](const Column& c) { return c.name == item.text; });
    if (found == kColumns.end()) {
      throw table.fault(item,
                        fmt::format("no column is called '{}'", item.text),
                        "a name of kColumns in nccl_search.cpp");
    }
    fields.push_back(found->field);
  }
  return fields;
}

NcclSearchRow read_row(const NcclTable& table,
                       const TomlValue& values,
                       const std::vector<double NcclSearchRow::*>& fields) {
  if (values.items.size() != fields.size()) {
    throw table.fault(values,
                      fmt::format("{} numbers for {} columns", values.items.size(), fields.size()),
                      "one number for each column");
  }
  NcclSearchRow row;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const TomlValue& value = values.items[i];
    if (value.kind != TomlValue::Kind::kInteger && value.kind != TomlValue::Kind::kNumber) {
      throw table.fault(values, fmt::format("number {} of the row is not one", i + 1), "a number");
    }
    row.*fields[i] = value.number;
  }
  return row;
}

void read_search(const TomlValue& value, const std::string& file, SearchFile& out) {
  NcclTable table(value, file, false);
  int generation = 0;
  int hosts = 0;
  int nodes = 0;
  std::string since;
  std::string source;
  table.read_word("generation", kGenerationKeys, generation);
  table.read_word("hosts", kHosts, hosts);
  table.read_word("nodes", kNodes, nodes);
  table.read("since", since);
  table.read("source", source);
  const auto fields = read_columns(table, *table.take("columns"));
  const NcclSearchKind kind{static_cast<NcclGeneration>(generation), hosts == 1, nodes == 1};
  const NcclVersion version = parse_nccl_version(since, fmt::format("{}:{}", file, value.line));
  for (const auto& row : table.take("rows")->items) {
    out.results[kind].push_back({version, read_row(table, row, fields)});
  }
  table.finish();
}

SearchFile parse_file(std::string_view text, const std::string& file) {
  const TomlValue root = read_toml(text, file);
  SearchFile searches;
  NcclTable table(root, file, false);
  NcclTable bound = table.sourced("bound");
  NcclTable nvlink = bound.table("nvlink_GBps");
  for (std::size_t g = 0; g < kGenerationKeys.size(); ++g) {
    nvlink.read_GBps(kGenerationKeys[g], searches.nvlink[g]);
  }
  nvlink.finish();
  NcclTable sockets = bound.table("sockets_GBps");
  for (std::size_t m = 0; m < kMakers.size(); ++m) {
    sockets.read_GBps(kMakers[m], searches.sockets[m]);
  }
  sockets.finish();
  bound.finish();
  for (const auto& item : table.take("search")->items) {
    read_search(item, file, searches);
  }
  table.finish();
  return searches;
}

const SearchFile& search_file() {
  static const SearchFile file = [] {
    const auto& all = nccl_files();
    const auto found = std::find_if(
        all.begin(), all.end(), [](const EmbeddedFile& f) { return f.name == "graphs.toml"; });
    if (found == all.end()) {
      throw Error("graphs.toml is not in this program",
                  "model/collective/nccl",
                  "list it in model/CMakeLists.txt");
    }
    return parse_file(found->text, "model/collective/nccl/graphs.toml");
  }();
  return file;
}

std::vector<NcclSearchRow> newest_rows(const NcclSearchKind& kind, NcclVersion version) {
  std::map<std::tuple<double, double, double>, const Result*> newest;
  const auto found = search_file().results.find(kind);
  if (found != search_file().results.end()) {
    for (const Result& result : found->second) {
      const NcclSearchRow& row = result.row;
      const Result*& known = newest[{row.gpus, row.nics, row.nic_Gbps}];
      if (result.since <= version && (known == nullptr || known->since < result.since)) {
        known = &result;
      }
    }
  }
  std::vector<NcclSearchRow> rows;
  for (const auto& [node, result] : newest) {
    if (result != nullptr) {
      rows.push_back(result->row);
    }
  }
  return rows;
}

}  // namespace

NcclSearchRows nccl_search_rows(const NcclSearchKind& kind, NcclVersion version) {
  auto rows = newest_rows(kind, version);
  if (!rows.empty()) {
    return {std::move(rows), false};
  }
  return {newest_rows({kind.generation, !kind.arm, kind.several}, version), true};
}

BytesPerSecond nccl_nvlink_bound(NcclGeneration generation) {
  return search_file().nvlink[static_cast<std::size_t>(generation)];
}

BytesPerSecond nccl_sockets_bound(std::string_view cpu) {
  const auto maker = std::find(kMakers.begin(), kMakers.end(), cpu) - kMakers.begin();
  return search_file().sockets.at(static_cast<std::size_t>(maker));
}

void check_nccl_search(std::string_view text, const std::string& file) { parse_file(text, file); }

}  // namespace fabricast
