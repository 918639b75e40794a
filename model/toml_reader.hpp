// TOML text as a plain tree that remembers lines, so that a fault can be shown where it stands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// Instead of a line: the value was set on the command line.
inline constexpr int kSetOnCommandLine = -1;

struct TomlValue {
  enum class Kind { kText, kInteger, kNumber, kFlag, kDate, kList, kTable };

  std::string key;  // its name in the table that holds it; empty in a list
  int line = 0;     // of the key, or of the value in a list
  Kind kind = Kind::kTable;
  std::string text;
  double number = 0;  // of kInteger and kNumber
  bool flag = false;
  std::vector<TomlValue> items;  // of a list, and of a table in the order of the file

  /// The entry of a table, or nullptr.
  [[nodiscard]] const TomlValue* find(std::string_view name) const;
  /// The entry of a table that a schema check has found to exist.
  [[nodiscard]] const TomlValue& at(std::string_view name) const;
  /// Entries that may be absent: "", `otherwise`.
  [[nodiscard]] std::string text_at(std::string_view name) const;
  [[nodiscard]] int integer_at(std::string_view name, int otherwise = 0) const;
};

/// "text", "an integer", ...: for messages.
std::string_view name(TomlValue::Kind kind);

inline constexpr std::size_t kLargestTomlFile = 1 << 20;  // bytes
inline constexpr int kDeepestToml = 16;  // brackets and dotted keys inside each other

/// The root table. Throws Error with file:line:column for text that is not TOML or not UTF-8,
/// longer than kLargestTomlFile or nested deeper than kDeepestToml. `file` is used in messages.
TomlValue read_toml(std::string_view text, const std::string& file);

/// A file's text. Throws Error when it cannot be read or is longer than kLargestTomlFile.
std::string read_toml_file(const std::string& path);

}  // namespace fabricast
