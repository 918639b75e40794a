#include "model/toml_reader.hpp"

#include "core/error.hpp"
#include "model/toml_prescan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <fstream>
#include <tuple>

namespace fabricast {
namespace {

/// Thrown where text breaks what toml++ takes for granted.
struct UnexpectedToml {};
[[noreturn]] void stop_at_unexpected() { throw UnexpectedToml{}; }

}  // namespace
}  // namespace fabricast

// Some malformed text breaks preconditions that toml++ asserts, and that it assumes with NDEBUG
// (marzer/tomlplusplus issue 294, "[&"): here they are checked in every build. No other file
// includes toml++, so that the whole program has one version of it.
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? void() : ::fabricast::stop_at_unexpected())
#include <toml++/toml.h>

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
  items.reserve(entries.size());
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

void refuse(std::string_view text, const std::string& file) {
  if (text.size() > kLargestTomlFile) {
    throw too_long(file);
  }
  if (const auto hazard = first_hazard(text, kDeepestToml)) {
    throw Error(std::string(hazard->what),
                fmt::format("{}:{}", file, hazard->line),
                std::string(hazard->remedy));
  }
}

bool is_unexpected(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const UnexpectedToml&) {
    return true;
  } catch (const toml::parse_error&) {
  }
  return false;
}

/// The parser reads from left to right: it stops at the line as soon as the text reaches that far.
int line_of_unexpected(std::string_view text) {
  std::vector<std::size_t> ends;  // of lines
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) {
    ends.push_back(end + 1);
  }
  const auto first = std::partition_point(ends.begin(), ends.end(), [&](std::size_t end) {
    return !is_unexpected(text.substr(0, end));
  });
  return 1 + static_cast<int>(first - ends.begin());
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
  constexpr auto kRemedy = "correct this line; https://toml.io shows the notation, in UTF-8";
  refuse(text, file);
  try {
    return copied(toml::parse(text, file));
  } catch (const toml::parse_error& fault) {
    const auto& at = fault.source().begin;
    throw Error(fmt::format("not TOML: {}", fault.description()),
                fmt::format("{}:{}:{}", file, at.line, at.column),
                kRemedy);
  } catch (const UnexpectedToml&) {
    throw Error("not TOML", fmt::format("{}:{}", file, line_of_unexpected(text)), kRemedy);
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
