#include "core/chosen.hpp"

#include "core/error.hpp"
#include "core/json_fields.hpp"
#include "core/names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <strings.h>

namespace fabricast {

namespace {

constexpr const char* kAlgorithmSetting = "NCCL_ALGO";
constexpr const char* kProtocolSetting = "NCCL_PROTO";

template <typename Table>
auto find_row(const Table& table, std::string_view name) {
  return std::find_if(table.begin(), table.end(), [name](const auto& r) { return r.name == name; });
}

// NCCL compares without regard to case. A list, a "^" or a prefix is no single row.
template <typename Table>
auto find_setting(const Table& table, const std::string& word) {
  return std::find_if(table.begin(), table.end(), [&word](const auto& row) {
    return !row.setting.empty() && strcasecmp(std::string(row.setting).c_str(), word.c_str()) == 0;
  });
}

std::vector<std::string> texts_of(const std::vector<ChoiceCell>& cells) {
  std::vector<std::string> list;
  for (const ChoiceCell& cell : cells) {
    list.push_back(text(cell));
  }
  return list;
}

std::vector<std::string> forcible_algorithms() {
  std::vector<std::string> names = names_of(kChoiceAlgorithms);
  names.resize(kForcibleAlgorithms);
  return names;
}

ChoiceCell read_cell(const std::string& algorithm,
                     const std::string& protocol,
                     const std::string& where) {
  if (find_row(kChoiceAlgorithms, algorithm) == kChoiceAlgorithms.end()) {
    throw unknown_name("algorithm", algorithm, names_of(kChoiceAlgorithms), where);
  }
  if (!protocol.empty() && find_row(kChoiceProtocols, protocol) == kChoiceProtocols.end()) {
    throw unknown_name("protocol", protocol, names_of(kChoiceProtocols), where);
  }
  return {algorithm, protocol};
}

double positive(double value, std::string_view key, const std::string& where) {
  if (!(value >= 0 && value < 1e15)) {
    throw Error(fmt::format("chosen: '{}' is not a time", key), where, "microseconds");
  }
  return value;
}

}  // namespace

std::string text(const ChoiceCell& cell) {
  return cell.protocol.empty() ? cell.algorithm : cell.algorithm + "/" + cell.protocol;
}

std::vector<ChoiceCell> forcible_cells(const std::vector<std::string>& algorithms) {
  const auto asked = [&algorithms](std::string_view name) {
    return algorithms.empty() ||
           std::find_if(algorithms.begin(), algorithms.end(), [name](const std::string& word) {
             return word == name || word == "all";
           }) != algorithms.end();
  };
  const std::vector<std::string> known = forcible_algorithms();
  for (const std::string& word : algorithms) {
    if (word != "all" && std::find(known.begin(), known.end(), word) == known.end()) {
      throw unknown_name("algorithm of NCCL", word, known);
    }
  }
  std::vector<ChoiceCell> cells;
  for (std::size_t a = 0; a < kForcibleAlgorithms; ++a) {
    for (const ChoiceProtocol& protocol : kChoiceProtocols) {
      const ChoiceAlgorithm& row = kChoiceAlgorithms[a];
      if (asked(row.name) && (row.every_protocol || protocol.name == "simple")) {
        cells.push_back({std::string(row.name), std::string(protocol.name)});
      }
    }
  }
  return cells;
}

ChoiceCell parse_cell(const std::string& words) {
  const std::vector<ChoiceCell> cells = forcible_cells({});
  for (const ChoiceCell& cell : cells) {
    if (text(cell) == words) {
      return cell;
    }
  }
  throw unknown_name("cell of NCCL's cost table", words, texts_of(cells), "--force");
}

// Rows of ncclTopoTuneModel that have a bandwidth, over all versions.
bool can_run(const ChoiceCell& cell, Collective collective) {
  switch (collective) {
    case Collective::kAllReduce:
      return cell.algorithm != "pat";
    case Collective::kAllGather:
    case Collective::kReduceScatter:
      return cell.algorithm == "ring" || cell.algorithm == "nvls" || cell.algorithm == "pat" ||
             cell.algorithm == "collnet_direct";
    case Collective::kBroadcast:
    case Collective::kReduce:
      return cell.algorithm == "ring";
    default:
      return false;  // sends and receives: there is nothing to choose
  }
}

std::string text(const Chosen& chosen) {
  return text(chosen.cell) +
         (chosen.channels > 0 ? fmt::format(" x{}", chosen.channels) : std::string());
}

nlohmann::json to_json(const Chosen& c) {
  nlohmann::json object{
      {"algorithm", c.cell.algorithm},
      {"source",    c.source        }
  };
  if (!c.cell.protocol.empty()) {
    object["protocol"] = c.cell.protocol;
  }
  if (c.channels > 0) {
    object["channels"] = c.channels;
  }
  if (c.warps > 0) {
    object["warps"] = c.warps;
  }
  if (c.estimate_us) {
    object["estimate_us"] = *c.estimate_us;
  }
  if (!c.cost_table_us.empty()) {
    object["cost_table_us"] = c.cost_table_us;
  }
  return object;
}

Chosen chosen_from_json(const nlohmann::json& object, const std::string& where) {
  JsonFields f(object, "chosen", where, "see docs/formats.md");
  Chosen c;
  const auto algorithm = f.take<std::string>("algorithm");
  c.cell = read_cell(algorithm, f.has("protocol") ? f.take<std::string>("protocol") : "", where);
  c.channels = f.has("channels") ? f.take_count<int>("channels") : 0;
  c.warps = f.has("warps") ? f.take_count<int>("warps") : 0;
  if (f.has("estimate_us")) {
    c.estimate_us = positive(f.take<double>("estimate_us"), "estimate_us", where);
  }
  if (f.has("cost_table_us")) {
    c.cost_table_us = f.take<std::map<std::string, double>>("cost_table_us");
    for (const auto& [cell, us] : c.cost_table_us) {
      parse_cell(cell);
      positive(us, cell, where);
    }
  }
  c.source = f.take<std::string>("source");
  f.refuse_unknown();
  return c;
}

std::map<std::string, std::string> settings_for(const ChoiceCell& cell) {
  return {
      {kAlgorithmSetting, std::string(find_row(kChoiceAlgorithms, cell.algorithm)->setting)},
      {kProtocolSetting,  std::string(find_row(kChoiceProtocols,  cell.protocol)->setting) }
  };
}

std::optional<ChoiceCell> forced_cell(const std::map<std::string, std::string>& environment) {
  const auto algorithm = environment.find(kAlgorithmSetting);
  const auto protocol = environment.find(kProtocolSetting);
  if (algorithm == environment.end() || protocol == environment.end()) {
    return std::nullopt;
  }
  const auto a = find_setting(kChoiceAlgorithms, algorithm->second);
  const auto p = find_setting(kChoiceProtocols, protocol->second);
  if (a == kChoiceAlgorithms.end() || p == kChoiceProtocols.end()) {
    return std::nullopt;
  }
  return ChoiceCell{std::string(a->name), std::string(p->name)};
}

}  // namespace fabricast
