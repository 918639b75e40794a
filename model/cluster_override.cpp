#include "model/cluster_override.hpp"

#include "core/error.hpp"
#include "core/names.hpp"
#include "core/provenance.hpp"
#include "model/cluster_file.hpp"
#include "model/cluster_parts.hpp"
#include "model/cluster_schema.hpp"
#include "model/toml_quantity.hpp"
#include "model/toml_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace fabricast {

namespace {

using Kind = TomlValue::Kind;
using Path = std::span<const std::string>;

/// KEY=VALUE,VALUE as it was written.
struct Assignment {
  std::string text;
  std::string key;
  std::vector<std::string> path;  // the key, taken apart at dots and brackets
  std::vector<std::string> values;
};

Error malformed(const std::string& text, const std::string& what) {
  return {what, "--set " + quotable(text), "--set fabric.tier[spine].oversub=4 or =1,2,4"};
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// "fabric.tier[a.b].oversub" -> fabric, tier, a.b, oversub. nullopt when brackets do not close or
/// a part is empty.
std::optional<std::vector<std::string>> path_of(std::string_view key) {
  std::vector<std::string> path;
  while (!key.empty()) {
    const bool in_brackets = key.front() == '[';
    const std::size_t end =
        in_brackets ? key.find(']') : std::min(key.find_first_of(".["), key.size());
    if (end == std::string_view::npos || end == (in_brackets ? 1U : 0U)) {
      return std::nullopt;
    }
    path.emplace_back(in_brackets ? key.substr(1, end - 1) : key.substr(0, end));
    key.remove_prefix(in_brackets ? end + 1 : end);
    const bool has_dot = key.starts_with('.');
    if (!key.empty() && !has_dot && key.front() != '[') {
      return std::nullopt;
    }
    if (has_dot) {
      key.remove_prefix(1);
      if (key.empty() || key.front() == '[') {
        return std::nullopt;
      }
    }
  }
  return path.empty() ? std::nullopt : std::optional(path);
}

Assignment parsed(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    throw malformed(text, "a set needs a value: KEY=VALUE");
  }
  Assignment set{text, text.substr(0, equals), {}, split(text.substr(equals + 1), ',')};
  const auto path = path_of(set.key);
  if (!path) {
    throw malformed(text, fmt::format("'{}' is not a key", quotable(set.key)));
  }
  set.path = *path;
  const auto is_empty = [](const std::string& value) { return value.empty(); };
  if (std::any_of(set.values.begin(), set.values.end(), is_empty)) {
    throw malformed(text, "a value is missing");
  }
  return set;
}

const KeyRule* find_row(const TableRule& rule, std::string_view key) {
  const auto found = std::find_if(
      rule.keys.begin(), rule.keys.end(), [&](const KeyRule& row) { return row.key == key; });
  return found == rule.keys.end() ? nullptr : &*found;
}

TomlValue* find_entry(TomlValue& table, std::string_view key) {
  const auto found = std::find_if(table.items.begin(),
                                  table.items.end(),
                                  [&](const TomlValue& item) { return item.key == key; });
  return found == table.items.end() ? nullptr : &*found;
}

TomlValue& entry(TomlValue& table, std::string_view key, Kind kind) {
  TomlValue* found = find_entry(table, key);
  if (found == nullptr) {
    found = &table.items.emplace_back();
    found->key = std::string(key);
    found->kind = kind;
  }
  found->line = kSetOnCommandLine;
  return *found;
}

TomlValue text_value(std::string_view key, std::string text) {
  TomlValue value;
  value.key = std::string(key);
  value.line = kSetOnCommandLine;
  value.kind = Kind::kText;
  value.text = std::move(text);
  return value;
}

TomlValue number_value(std::string_view key, double number) {
  TomlValue value = text_value(key, "");
  value.kind = Kind::kNumber;
  value.number = number;
  return value;
}

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = status == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// From "4" or "4:2:8".
std::optional<Quantity<double>> quantity_of(const std::string& text) {
  std::vector<double> numbers;
  for (const auto& part : split(text, ':')) {
    const auto number = number_of(part);
    if (!number) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  if (numbers.size() == 1) {
    numbers.resize(3, numbers[0]);
  }
  if (numbers.size() != 3) {
    return std::nullopt;
  }
  return Quantity<double>{
      numbers[0], numbers[1], numbers[2], Provenance::kAssumed, "set on the command line"};
}

/// Keeps the ports of a tier in step with its oversubscription, as far as the switch has ports.
void adapt_uplinks(TomlValue& tier, double oversub) {
  const int down = tier.integer_at("down");
  const int free = tier.integer_at("radix") - down;
  if (free > 0 && oversub > 0) {
    TomlValue& up = entry(tier, "up", Kind::kInteger);
    up.number = std::clamp(std::round(down / oversub), 1.0, static_cast<double>(free));
  }
}

TomlValue quantity_value(std::string_view key, const Quantity<double>& q) {
  TomlValue value = text_value(key, "");
  value.kind = Kind::kTable;
  value.items = {number_value("v", q.value),
                 number_value("lo", q.lo),
                 number_value("hi", q.hi),
                 text_value("p", std::string(name(q.provenance))),
                 text_value("src", q.source)};
  return value;
}

/// The size of the cluster follows its pools.
void adapt_total(TomlValue& root) {
  Quantity<double> total{0, 0, 0, Provenance::kDerived, "the pools, as set on the command line"};
  for (const auto& pool : root.at("pool").items) {
    const auto nodes = read_quantity(pool.at("nodes"));
    const int gpus = pool.at("node").integer_at("gpus");
    total.value += nodes.value * gpus;
    total.lo += nodes.lo * gpus;
    total.hi += nodes.hi * gpus;
  }
  entry(*find_entry(root, "cluster"), "gpus_total", Kind::kTable) =
      quantity_value("gpus_total", total);
}

/// One assignment to one tree that has no faults.
class Setter {
 public:
  Setter(TomlValue& root, const Assignment& set, const std::string& value)
      : root_(root), set_(set), value_(value) {}

  /// The key as `clusters show` prints it. Throws Error.
  std::string run() {
    if (!set_in(root_, cluster_rule(), set_.path, "")) {
      throw unknown_key();
    }
    return key_;
  }

 private:
  static std::string joined(const std::string& at, std::string_view key) {
    return at.empty() ? std::string(key) : fmt::format("{}.{}", at, key);
  }

  // False: there is no such key.
  bool set_in(TomlValue& table, const TableRule& rule, Path path, const std::string& at) {
    const KeyRule* row = path.empty() ? nullptr : find_row(rule, path.front());
    if (row == nullptr) {
      return false;
    }
    const std::string here = joined(at, row->key);
    const Path rest = path.subspan(1);
    switch (row->kind) {
      case KeyKind::kTable:
        return !rest.empty() && set_in_table(table, *row, rest, here);
      case KeyKind::kTableList:
        return !rest.empty() && set_in_list(table, *row, rest, here);
      case KeyKind::kTablesByName:
        return rest.size() > 1 && set_in_part(*row, rest, here);
      default:
        return rest.empty() && assign(table, *row, here);
    }
  }

  bool set_in_table(TomlValue& table, const KeyRule& row, Path rest, const std::string& here) {
    if (find_entry(table, row.key) == nullptr && needs_more(*row.table)) {
      throw Error(fmt::format("this cluster has no {}", here),
                  "--set " + quotable(set_.text),
                  "a cluster with one (fabricast clusters list), or a file of your own");
    }
    return set_in(entry_of_table(table, row), *row.table, rest, here);
  }

  static TomlValue& entry_of_table(TomlValue& table, const KeyRule& row) {
    TomlValue* found = find_entry(table, row.key);
    return found != nullptr ? *found : entry(table, row.key, Kind::kTable);
  }

  static bool needs_more(const TableRule& rule) {
    return std::any_of(
        rule.keys.begin(), rule.keys.end(), [](const KeyRule& row) { return row.required; });
  }

  bool set_in_list(TomlValue& table, const KeyRule& row, Path rest, const std::string& here) {
    TomlValue* list = find_entry(table, row.key);
    if (list == nullptr) {
      return false;
    }
    const auto chosen = selected(*list, rest.front());
    const bool oversub = row.key == "tier" && rest.back() == "oversub";
    if (!chosen) {  // each of the tables; the top tier has no uplinks
      const std::size_t count = list->items.size() - (oversub ? 1 : 0);
      bool known = count > 0;
      for (std::size_t i = 0; i < count; ++i) {
        known = known && set_in(list->items[i], *row.table, rest, here);
      }
      key_ = joined(here, fmt::format("{}", fmt::join(rest, ".")));
      return known;
    }
    std::size_t index = *chosen;
    if (oversub && index + 1 == list->items.size()) {
      if (index == 0) {
        throw Error("the only tier has no uplinks: nothing to oversubscribe",
                    "--set " + quotable(set_.text),
                    "a cluster with several tiers");
      }
      --index;  // the links that enter the top tier
    }
    return set_in(list->items[index], *row.table, rest.subspan(1), item_path(here, *list, index));
  }

  /// The item of that name or index.
  static std::optional<std::size_t> selected(const TomlValue& list, const std::string& selector) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (list.items[i].text_at("name") == selector) {
        return i;
      }
    }
    const auto index = number_of(selector);
    const bool is_index = index && *index >= 0 && *index < static_cast<double>(list.items.size()) &&
                          std::floor(*index) == *index;
    return is_index ? std::optional(static_cast<std::size_t>(*index)) : std::nullopt;
  }

  // A part of the library becomes one of the file's own.
  bool set_in_part(const KeyRule& row, Path rest, const std::string& here) {
    const Parts parts(root_);
    const TomlValue* part = parts.find(row.key, rest.front());
    if (part == nullptr) {
      return false;
    }
    const TomlValue copy = *part;
    const bool is_own = parts.is_own(row.key, rest.front());
    TomlValue& own = entry_of_table(root_, row);
    TomlValue& target = is_own ? *find_entry(own, rest.front()) : own.items.emplace_back(copy);
    return set_in(target, *row.table, rest.subspan(1), joined(here, rest.front()));
  }

  bool assign(TomlValue& table, const KeyRule& row, const std::string& here) {
    key_ = here;
    if (row.kind == KeyKind::kTextList || row.key == "schema") {
      throw Error(fmt::format("{} cannot be set", here),
                  "--set " + quotable(set_.text),
                  "a file of your own");
    }
    TomlValue value = text_value(row.key, value_);
    if (row.kind == KeyKind::kQuantity) {
      const auto quantity = quantity_of(value_);
      require(quantity.has_value(), here, "a number, or V:LO:HI");
      value = quantity_value(row.key, *quantity);
    } else if (row.kind == KeyKind::kInteger) {
      const auto number = number_of(value_);
      require(number && std::floor(*number) == *number, here, "an integer");
      value.kind = Kind::kInteger;
      value.number = *number;
    } else if (row.kind == KeyKind::kFlag) {
      require(value_ == "true" || value_ == "false", here, "true or false");
      value.kind = Kind::kFlag;
      value.flag = value_ == "true";
    }
    entry(table, row.key, value.kind) = value;
    if (row.key == "oversub") {
      adapt_uplinks(table, value.at("v").number);
    }
    return true;
  }

  void require(bool good, const std::string& here, const std::string& remedy) const {
    if (!good) {
      throw Error(fmt::format("{} cannot be '{}'", here, quotable(value_)),
                  "--set " + quotable(set_.text),
                  remedy);
    }
  }

  [[nodiscard]] Error unknown_key() const {
    std::vector<std::string> known;
    list_keys(root_, cluster_rule(), "", known);
    const std::string nearest = nearest_key(fmt::format("{}", fmt::join(set_.path, ".")), known);
    return {fmt::format("no number or word of this cluster is called '{}'", quotable(set_.key)),
            "--set " + quotable(set_.text),
            (nearest.empty() ? "" : "did you mean '" + nearest + "'? ") +
                std::string("known: as fabricast clusters show prints them")};
  }

  /// First of all one that differs in its unit alone.
  static std::string nearest_key(const std::string& key, const std::vector<std::string>& known) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const std::string& candidate) {
      return !unit_of(candidate).empty() && stem_of(candidate) == stem_of(key);
    });
    return found != known.end() ? *found : nearest_name(key, known);
  }

  /// Every key that may be set, those that the file leaves out included.
  void list_keys(const TomlValue& table,
                 const TableRule& rule,
                 const std::string& at,
                 std::vector<std::string>& keys) const {
    for (const auto& row : rule.keys) {
      const std::string here = joined(at, row.key);
      const TomlValue* value = table.find(row.key);
      if (row.kind == KeyKind::kTablesByName) {
        list_parts(row, here, keys);
      } else if (row.kind == KeyKind::kTable) {
        list_keys(value == nullptr ? TomlValue() : *value, *row.table, here, keys);
      } else if (row.kind == KeyKind::kTableList) {
        for (std::size_t i = 0; value != nullptr && i < value->items.size(); ++i) {
          list_keys(value->items[i], *row.table, item_path(here, *value, i), keys);
        }
      } else {
        keys.push_back(here);
      }
    }
  }

  void list_parts(const KeyRule& row,
                  const std::string& here,
                  std::vector<std::string>& keys) const {
    for (const auto& part : Parts(root_).names(row.key)) {
      list_keys(TomlValue(), *row.table, joined(here, part), keys);
    }
  }

  TomlValue& root_;
  const Assignment& set_;
  const std::string& value_;
  std::string key_;
};

/// The values of each set in this combination; `number` counts combinations, the last set fastest.
ClusterVariant combination(const ClusterFile& file,
                           const std::vector<Assignment>& sets,
                           std::size_t number) {
  std::vector<const std::string*> values(sets.size());
  for (std::size_t i = sets.size(); i-- > 0;) {
    values[i] = &sets[i].values[number % sets[i].values.size()];
    number /= sets[i].values.size();
  }
  ClusterFile changed = file;
  ClusterVariant variant;
  std::set<std::string> keys;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const std::string key = Setter(changed.root, sets[i], *values[i]).run();
    if (!keys.insert(key).second) {
      throw Error(fmt::format("{} is set twice", key),
                  "--set " + quotable(sets[i].text),
                  "one --set per key; a list of values makes a sweep");
    }
    variant.label += fmt::format("{}{}={}", variant.label.empty() ? "" : ", ", key, *values[i]);
  }
  const bool resized = std::any_of(keys.begin(), keys.end(), [](const std::string& key) {
    return key.starts_with("pool.") && (key.ends_with(".nodes") || key.ends_with(".node.gpus")) &&
           !key.ends_with(".rack.nodes");
  });
  if (resized && !keys.contains("cluster.gpus_total")) {
    adapt_total(changed.root);
  }
  variant.cluster = make_cluster(changed);
  return variant;
}

std::size_t combinations(const std::vector<Assignment>& sets) {
  std::size_t count = 1;
  for (const auto& set : sets) {
    count *= set.values.size();
    if (count > kMostVariants) {
      throw Error(fmt::format("more than {} combinations", kMostVariants),
                  "--set " + quotable(set.text),
                  "fewer values");
    }
  }
  return count;
}

}  // namespace

std::vector<ClusterVariant> cluster_variants(const std::string& name_or_path,
                                             const std::vector<std::string>& sets) {
  const ClusterText source = find_cluster_text(name_or_path);
  const ClusterFile file{source.file, read_toml(source.text, source.file)};
  const auto faults = faults_of(file);
  if (!faults.empty()) {
    throw Error(faults.front());
  }
  std::vector<Assignment> assignments;
  assignments.reserve(sets.size());
  for (const auto& set : sets) {
    assignments.push_back(parsed(set));
  }
  std::vector<ClusterVariant> variants;
  const std::size_t count = combinations(assignments);
  for (std::size_t i = 0; i < count; ++i) {
    variants.push_back(combination(file, assignments, i));
  }
  return variants;
}

}  // namespace fabricast
