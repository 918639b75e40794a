// What a TOML file of ours may hold, as tables of rows, and the check of a file against them.
#pragma once

#include "core/error.hpp"
#include "model/toml_reader.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

enum class KeyKind {
  kText,
  kNote,     // text that is shown and not used otherwise
  kWord,     // one of `words`
  kInteger,  // bare: structure, not a quantity that may be wrong
  kFlag,
  kTextList,
  kQuantity,  // { v, lo, hi, p, src }
  kTable,
  kTableList,     // [[...]], one or more
  kTablesByName,  // [gpu.NAME]: any names
};

/// Bounds of a quantity or an integer, both included.
struct Range {
  double least;
  double most;
};
/// Beyond these no machine of this world lies, and products of them stay finite.
inline constexpr Range kPositive{1e-12, 1e15};
inline constexpr Range kNotNegative{0, 1e15};
inline constexpr Range kFraction{1e-6, 1};
inline constexpr Range kShare{0, 1};
inline constexpr Range kRatio{1e-3, 1e3};
inline constexpr Range kCount{1, 1e6};
inline constexpr Range kCountOrNone{0, 1e6};

struct TableRule;

struct KeyRule {
  std::string_view key;  // a quantity's unit is part of it: "link_Gbps"
  KeyKind kind;
  bool required;
  std::string_view meaning;
  Range range = kPositive;
  std::span<const std::string_view> words = {};
  const TableRule* table = nullptr;
};

struct TableRule {
  std::span<const KeyRule> keys;
};

std::string_view name(KeyKind kind);

/// The faults of one file, in the order found; the first hundred of them.
class Faults {
 public:
  explicit Faults(std::string file) : file_(std::move(file)) {}

  /// "FILE:LINE, PATH": where a value stands.
  [[nodiscard]] std::string where(const TomlValue& value, const std::string& path) const;
  void add(Error fault);
  void add(const TomlValue& value,
           const std::string& path,
           const std::string& what,
           const std::string& remedy);
  [[nodiscard]] const std::vector<Error>& all() const { return all_; }
  [[nodiscard]] bool is_full() const { return all_.size() >= 100; }

 private:
  std::string file_;
  std::vector<Error> all_;
};

/// Unknown and missing keys, wrong kinds, quantities without unit, range, provenance or source.
void check_schema(const TomlValue& root, const TableRule& rule, Faults& faults);

/// "pool" and its item named "h100" -> "pool.h100"; without a name the index, counted from 0.
std::string item_path(const std::string& list_path, const TomlValue& list, std::size_t index);

/// Calls `visit` for every value that is not a table, depth first in the order of the file; `path`
/// as item_path makes it. The table has passed check_schema.
using Visit = std::function<void(const TomlValue&, const KeyRule&, const std::string& path)>;
void visit_values(const TomlValue& table,
                  const TableRule& rule,
                  const std::string& path,
                  const Visit& visit);

/// Not blank and free of control characters, so that it can be printed as it is.
bool is_one_line(std::string_view text);

/// Text of a file, made fit for a message: at most 60 characters, control characters replaced.
std::string quotable(std::string_view text);

}  // namespace fabricast
