#include "model/toml_schema.hpp"

#include "core/names.hpp"
#include "model/toml_quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace fabricast {

namespace {

using Kind = TomlValue::Kind;

struct KindInfo {
  std::string_view name;
  Kind toml;
};

/// By KeyKind.
constexpr std::array kKinds{
    KindInfo{"text",                      Kind::kText   },
    KindInfo{"text",                      Kind::kText   },
    KindInfo{"one of a list of words",    Kind::kText   },
    KindInfo{"an integer",                Kind::kInteger},
    KindInfo{"true or false",             Kind::kFlag   },
    KindInfo{"a list of texts",           Kind::kList   },
    KindInfo{"{ v, lo, hi, p, src }",     Kind::kTable  },
    KindInfo{"a table",                   Kind::kTable  },
    KindInfo{"a list of tables, [[...]]", Kind::kList   },
    KindInfo{"tables by name",            Kind::kTable  },
};

const KindInfo& info(KeyKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

const KeyRule* find_rule(const TableRule& table, std::string_view key) {
  const auto found = std::find_if(
      table.keys.begin(), table.keys.end(), [&](const KeyRule& row) { return row.key == key; });
  return found == table.keys.end() ? nullptr : &*found;
}

std::vector<std::string> key_names(const TableRule& table) {
  std::vector<std::string> names;
  for (const auto& row : table.keys) {
    names.emplace_back(row.key);
  }
  return names;
}

/// A row whose key differs from `key` in its unit alone: link, link_GBps -> link_Gbps.
const KeyRule* find_other_unit(const TableRule& table, std::string_view key) {
  const auto found = std::find_if(table.keys.begin(), table.keys.end(), [&](const KeyRule& row) {
    return !unit_of(row.key).empty() && stem_of(row.key) == stem_of(key);
  });
  return found == table.keys.end() ? nullptr : &*found;
}

class SchemaCheck {
 public:
  explicit SchemaCheck(Faults& faults) : faults_(faults) {}

  void table(const TomlValue& value, const TableRule& rule, const std::string& path) {
    for (const auto& entry : value.items) {
      if (faults_.is_full()) {
        return;
      }
      const std::string entry_path = joined(path, quotable(entry.key));
      const KeyRule* row = find_rule(rule, entry.key);
      if (row == nullptr) {
        unknown(entry, rule, entry_path);
      } else {
        this->entry(entry, *row, entry_path);
      }
    }
    missing(value, rule, path);
  }

 private:
  void missing(const TomlValue& value, const TableRule& rule, const std::string& path) {
    for (const auto& row : rule.keys) {
      if (row.required && value.find(row.key) == nullptr) {
        faults_.add(value,
                    path,
                    fmt::format("{} is missing", joined(path, row.key)),
                    fmt::format("{}: {}, {}", row.key, name(row.kind), row.meaning));
      }
    }
  }

  void unknown(const TomlValue& entry, const TableRule& rule, const std::string& path) {
    const KeyRule* other = find_other_unit(rule, entry.key);
    if (other == nullptr) {
      faults_.add(
          unknown_name("key", quotable(entry.key), key_names(rule), faults_.where(entry, path)));
    } else if (unit_of(entry.key).empty()) {
      faults_.add(entry, path, fmt::format("{} has no unit", entry.key), std::string(other->key));
    } else {
      faults_.add(entry,
                  path,
                  fmt::format("{} is not given in {}", stem_of(entry.key), unit_of(entry.key)),
                  fmt::format("{}, with the number converted", other->key));
    }
  }

  void entry(const TomlValue& value, const KeyRule& row, const std::string& path) {
    if (row.kind == KeyKind::kQuantity) {
      check_quantity(value, row, path, faults_);
    } else if (value.kind != info(row.kind).toml) {
      faults_.add(value,
                  path,
                  fmt::format("{} is {}", row.key, name(value.kind)),
                  fmt::format("{}: {}", info(row.kind).name, row.meaning));
    } else {
      content(value, row, path);
    }
  }

  void content(const TomlValue& value, const KeyRule& row, const std::string& path) {
    switch (row.kind) {
      case KeyKind::kText:
      case KeyKind::kNote:
        return text(value, row, path);
      case KeyKind::kWord:
        return word(value, row, path);
      case KeyKind::kInteger:
        return integer(value, row, path);
      case KeyKind::kTextList:
        return texts(value, row, path);
      case KeyKind::kTable:
        return table(value, *row.table, path);
      case KeyKind::kTableList:
      case KeyKind::kTablesByName:
        return tables(value, row, path);
      case KeyKind::kFlag:
      case KeyKind::kQuantity:
        return;
    }
  }

  void text(const TomlValue& value, const KeyRule& row, const std::string& path) {
    if (!is_one_line(value.text)) {
      faults_.add(value,
                  path,
                  fmt::format("{} is empty, or has several lines", row.key),
                  fmt::format("one line of text: {}", row.meaning));
    }
  }

  void word(const TomlValue& value, const KeyRule& row, const std::string& path) {
    if (std::find(row.words.begin(), row.words.end(), value.text) == row.words.end()) {
      faults_.add(unknown_name(row.key,
                               quotable(value.text),
                               {row.words.begin(), row.words.end()},
                               faults_.where(value, path)));
    }
  }

  void integer(const TomlValue& value, const KeyRule& row, const std::string& path) {
    if (!(value.number >= row.range.least && value.number <= row.range.most)) {
      faults_.add(value,
                  path,
                  fmt::format("{} = {:.0f}", row.key, value.number),
                  fmt::format("{}: an integer from {:.0f} to {:.0f}",
                              row.meaning,
                              row.range.least,
                              row.range.most));
    }
  }

  void texts(const TomlValue& value, const KeyRule& row, const std::string& path) {
    for (const auto& item : value.items) {
      if (item.kind != Kind::kText || !is_one_line(item.text)) {
        faults_.add(
            item,
            path,
            fmt::format("{} holds {} that is not one line of text", row.key, name(item.kind)),
            "lines of text in quotes, separated by commas");
      }
    }
  }

  void tables(const TomlValue& value, const KeyRule& row, const std::string& path) {
    if (value.items.empty() && row.kind == KeyKind::kTableList) {
      faults_.add(value, path, fmt::format("{} is empty", row.key), "at least one table");
    }
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const TomlValue& item = value.items[i];
      const std::string at = item_path(path, value, i);
      if (item.kind == Kind::kTable) {
        table(item, *row.table, at);
      } else {
        faults_.add(item, at, fmt::format("{} holds {}", row.key, name(item.kind)), "tables");
      }
    }
  }

  Faults& faults_;
};

}  // namespace

std::string_view name(KeyKind kind) { return info(kind).name; }

bool is_one_line(std::string_view text) {
  return text.find_first_not_of(' ') != std::string_view::npos &&
         std::none_of(text.begin(), text.end(), is_control);
}

std::string quotable(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string shown(text.substr(0, kLongest));
  std::replace_if(shown.begin(), shown.end(), is_control, '?');
  return shown + (text.size() > kLongest ? "..." : "");
}

void Faults::add(Error fault) {
  if (!is_full()) {
    all_.push_back(std::move(fault));
  }
}

std::string Faults::where(const TomlValue& value, const std::string& path) const {
  // The root of an empty file has no line of its own.
  const std::string line = value.line == kSetOnCommandLine
                               ? fmt::format("{} with --set", file_)
                               : fmt::format("{}:{}", file_, std::max(value.line, 1));
  return path.empty() ? line : fmt::format("{}, {}", line, path);
}

void Faults::add(const TomlValue& value,
                 const std::string& path,
                 const std::string& what,
                 const std::string& remedy) {
  add(Error(what, where(value, path), remedy));
}

void check_schema(const TomlValue& root, const TableRule& rule, Faults& faults) {
  SchemaCheck(faults).table(root, rule, "");
}

std::string item_path(const std::string& list_path, const TomlValue& list, std::size_t index) {
  const TomlValue& item = list.items[index];
  if (!item.key.empty()) {
    return joined(list_path, quotable(item.key));
  }
  const std::string item_name = item.text_at("name");
  return item_name.empty() ? fmt::format("{}[{}]", list_path, index)
                           : joined(list_path, quotable(item_name));
}

void visit_values(const TomlValue& table,
                  const TableRule& rule,
                  const std::string& path,
                  const Visit& visit) {
  for (const auto& entry : table.items) {
    const KeyRule& row = *find_rule(rule, entry.key);
    const std::string entry_path = joined(path, entry.key);
    if (row.kind == KeyKind::kTable) {
      visit_values(entry, *row.table, entry_path, visit);
    } else if (row.kind == KeyKind::kTableList || row.kind == KeyKind::kTablesByName) {
      for (std::size_t i = 0; i < entry.items.size(); ++i) {
        visit_values(entry.items[i], *row.table, item_path(entry_path, entry, i), visit);
      }
    } else {
      visit(entry, row, entry_path);
    }
  }
}

}  // namespace fabricast
