#include "model/toml_reader.hpp"

#include "core/error.hpp"
#include "model/toml_prescan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <fstream>
#include <toml++/toml.h>
#include <tuple>

namespace fabricast {

namespace {

using Kind = TomlValue::Kind;

TomlValue copied(const toml::node& node);

std::vector<TomlValue> copied_items(const toml::array& list) {
  std::vector<TomlValue> items;
  for (const auto& node : list) {
    items.push_back(copied(node));
  }
  return items;
}

/// toml++ sorts a table by name; the order of the file is what a reader expects.
std::vector<TomlValue> copied_entries(const toml::table& table) {
  std::vector<std::pair<toml::source_position, TomlValue>> entries;
  for (const auto& [key, node] : table) {
    TomlValue value = copied(node);
    value.key = key.str();
    value.line = static_cast<int>(key.source().begin.line);
    entries.emplace_back(key.source().begin, std::move(value));
  }
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.line, a.first.column) < std::tie(b.first.line, b.first.column);
  });
  std::vector<TomlValue> items;
  for (auto& entry : entries) {
    items.push_back(std::move(entry.second));
  }
  return items;
}

/// Recursion is bounded: the text has passed first_line_nested_deeper.
TomlValue copied(const toml::node& node) {
  TomlValue value;
  value.line = static_cast<int>(node.source().begin.line);
  value.kind = Kind::kDate;
  if (const auto* table = node.as_table()) {
    value.kind = Kind::kTable;
    value.items = copied_entries(*table);
  } else if (const auto* list = node.as_array()) {
    value.kind = Kind::kList;
    value.items = copied_items(*list);
  } else if (const auto* text = node.as_string()) {
    value.kind = Kind::kText;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Kind::kInteger;
    value.number = static_cast<double>(integer->get());
  } else if (const auto* number = node.as_floating_point()) {
    value.kind = Kind::kNumber;
    value.number = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    value.kind = Kind::kFlag;
    value.flag = flag->get();
  }
  return value;
}

Error too_long(const std::string& file) {
  return {
      fmt::format("{} is longer than {} bytes", file, kLargestTomlFile),
      file,
      "a description of a cluster or a workload takes a few kilobytes: is this the right file?"};
}

void refuse_unbounded(std::string_view text, const std::string& file) {
  if (text.size() > kLargestTomlFile) {
    throw too_long(file);
  }
  if (const int line = first_line_nested_deeper(text, kDeepestToml)) {
    throw Error(fmt::format("brackets or dotted keys nest deeper than {}", kDeepestToml),
                fmt::format("{}:{}", file, line),
                "look for a bracket that is not closed; no table of ours nests that deep");
  }
}

void refuse_bad_headers(std::string_view text, const std::string& file) {
  if (const int line = first_line_of_bad_header(text)) {
    throw Error("not TOML: a table header without a name",
                fmt::format("{}:{}", file, line),
                "[name] or [[name]]; https://toml.io shows the notation");
  }
}

}  // namespace

std::string_view name(TomlValue::Kind kind) {
  static constexpr std::array<std::string_view, 7> kNames{
      "text", "an integer", "a number", "true or false", "a date", "a list", "a table"};
  return kNames.at(static_cast<std::size_t>(kind));
}

const TomlValue* TomlValue::find(std::string_view name) const {
  const auto found = std::find_if(
      items.begin(), items.end(), [&](const TomlValue& item) { return item.key == name; });
  return kind == Kind::kTable && found != items.end() ? &*found : nullptr;
}

const TomlValue& TomlValue::at(std::string_view name) const {
  const TomlValue* entry = find(name);
  assert(entry != nullptr);
  return *entry;
}

std::string TomlValue::text_at(std::string_view name) const {
  const TomlValue* entry = find(name);
  return entry == nullptr ? "" : entry->text;
}

int TomlValue::integer_at(std::string_view name, int otherwise) const {
  const TomlValue* entry = find(name);
  return entry == nullptr ? otherwise : static_cast<int>(entry->number);
}

TomlValue read_toml(std::string_view text, const std::string& file) {
  refuse_unbounded(text, file);
  refuse_bad_headers(text, file);
  try {
    return copied(toml::parse(text, file));
  } catch (const toml::parse_error& fault) {
    const auto& at = fault.source().begin;
    throw Error(fmt::format("not TOML: {}", fault.description()),
                fmt::format("{}:{}:{}", file, at.line, at.column),
                "correct this line; https://toml.io shows the notation, and text must be UTF-8");
  }
}

std::string read_toml_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargestTomlFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.eof() && text.size() <= kLargestTomlFile) {
    throw Error(fmt::format("cannot read {}", path), path, "an existing, readable .toml file");
  }
  if (text.size() > kLargestTomlFile) {
    throw too_long(path);
  }
  return text;
}

}  // namespace fabricast
