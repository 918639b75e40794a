#include "model/collective/nccl_table.hpp"

#include "core/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace fabricast {

namespace {

bool is_number(const TomlValue& value) {
  return value.kind == TomlValue::Kind::kNumber || value.kind == TomlValue::Kind::kInteger;
}

const TomlValue& empty_table() {
  static const TomlValue empty;
  return empty;
}

}  // namespace

Error NcclTable::fault(const TomlValue& at,
                       const std::string& what,
                       const std::string& remedy) const {
  return {what, fmt::format("{}:{}", file_, at.line), remedy};
}

const TomlValue* NcclTable::take(std::string_view key) {
  const TomlValue* value = table_.find(key);
  if (value == nullptr && !inherits_) {
    throw fault(table_, fmt::format("no '{}' in table '{}'", key, table_.key), "add it");
  }
  read_.emplace(key);
  return value;
}

NcclTable NcclTable::table(std::string_view key) {
  const TomlValue* value = take(key);
  if (value != nullptr && value->kind != TomlValue::Kind::kTable) {
    throw fault(*value, fmt::format("'{}' is not a table", key), fmt::format("[{}]", key));
  }
  return {value == nullptr ? empty_table() : *value, file_, inherits_};
}

NcclTable NcclTable::sourced(std::string_view key) {
  NcclTable inner = table(key);
  if (has(key)) {
    const TomlValue* source = inner.table_.find("source");
    if (source == nullptr || source->kind != TomlValue::Kind::kText || source->text.empty()) {
      throw fault(inner.table_,
                  fmt::format("table '{}' has no source", key),
                  "source = \"file of NCCL, tag\"");
    }
    inner.read_.emplace("source");
  }
  return inner;
}

void NcclTable::read(std::string_view key, std::span<double> out) {
  const TomlValue* value = take(key);
  if (value == nullptr) {
    return;
  }
  if (value->kind != TomlValue::Kind::kList || value->items.size() != out.size() ||
      !std::all_of(value->items.begin(), value->items.end(), is_number)) {
    throw fault(*value, fmt::format("'{}' is not a list of {} numbers", key, out.size()), "");
  }
  std::transform(value->items.begin(), value->items.end(), out.begin(), [](const TomlValue& item) {
    return item.number;
  });
}

void NcclTable::read(std::string_view key, double& out) {
  if (const TomlValue* value = take(key)) {
    if (!is_number(*value)) {
      throw fault(*value, fmt::format("'{}' is not a number", key), "");
    }
    out = value->number;
  }
}

void NcclTable::read(std::string_view key, int& out) {
  if (const TomlValue* value = take(key)) {
    if (value->kind != TomlValue::Kind::kInteger) {
      throw fault(*value, fmt::format("'{}' is not an integer", key), "");
    }
    out = static_cast<int>(value->number);
  }
}

void NcclTable::read(std::string_view key, bool& out) {
  if (const TomlValue* value = take(key)) {
    if (value->kind != TomlValue::Kind::kFlag) {
      throw fault(*value, fmt::format("'{}' is not a flag", key), "true or false");
    }
    out = value->flag;
  }
}

void NcclTable::read(std::string_view key, std::string& out) {
  if (const TomlValue* value = take(key)) {
    if (value->kind != TomlValue::Kind::kText) {
      throw fault(*value, fmt::format("'{}' is not a text", key), "");
    }
    out = value->text;
  }
}

void NcclTable::read_us(std::string_view key, Seconds& out) {
  double us = in_us(out);
  read(key, us);
  out = microseconds(us);
}

void NcclTable::read_us(std::string_view key, std::span<Seconds> out) {
  std::vector<double> us(out.size());
  std::transform(out.begin(), out.end(), us.begin(), in_us);
  read(key, std::span(us));
  std::transform(us.begin(), us.end(), out.begin(), microseconds);
}

void NcclTable::read_GBps(std::string_view key, BytesPerSecond& out) {
  double GBps = in_GBps(out);
  read(key, GBps);
  out = gigabytes_per_second(GBps);
}

void NcclTable::read_GBps(std::string_view key, std::span<BytesPerSecond> out) {
  std::vector<double> GBps(out.size());
  std::transform(out.begin(), out.end(), GBps.begin(), in_GBps);
  read(key, std::span(GBps));
  std::transform(GBps.begin(), GBps.end(), out.begin(), gigabytes_per_second);
}

void NcclTable::read_word(std::string_view key, std::span<const std::string_view> words, int& out) {
  std::string word;
  read(key, word);
  if (!has(key)) {
    return;
  }
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    throw unknown_name(std::string(key),
                       word,
                       {words.begin(), words.end()},
                       fmt::format("{}:{}", file_, table_.at(key).line));
  }
  out = static_cast<int>(found - words.begin());
}

void NcclTable::finish() const {
  for (const auto& item : table_.items) {
    if (!read_.contains(item.key)) {
      throw fault(item,
                  fmt::format("unknown key '{}' in table '{}'", item.key, table_.key),
                  "remove it or mend its name");
    }
  }
}

}  // namespace fabricast
