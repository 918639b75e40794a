// Strict reading of NCCL's data files: every key known, every table with its source.
#pragma once

#include "core/error.hpp"
#include "core/units.hpp"
#include "model/toml_reader.hpp"

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace fabricast {

/// One table of a data file. A key that is asked for and absent is an Error in a file that stands
/// alone, and leaves the target as it is in a file that inherits. All errors name file:line.
class NcclTable {
 public:
  NcclTable(const TomlValue& table, std::string file, bool inherits)
      : table_(table), file_(std::move(file)), inherits_(inherits) {}

  /// A table inside this one. Absent: empty, and as strict as this one.
  [[nodiscard]] NcclTable table(std::string_view key);
  /// The same with the text "source", which must be there when the table is.
  [[nodiscard]] NcclTable sourced(std::string_view key);

  void read(std::string_view key, double& out);
  void read(std::string_view key, int& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, std::string& out);
  /// A list of exactly as many numbers.
  void read(std::string_view key, std::span<double> out);
  /// As numbers in microseconds and GB/s: the key, or that of the table around, says so.
  void read_us(std::string_view key, Seconds& out);
  void read_us(std::string_view key, std::span<Seconds> out);
  void read_GBps(std::string_view key, BytesPerSecond& out);
  void read_GBps(std::string_view key, std::span<BytesPerSecond> out);
  /// The place of a word in `words`.
  void read_word(std::string_view key, std::span<const std::string_view> words, int& out);

  [[nodiscard]] bool has(std::string_view key) const { return table_.find(key) != nullptr; }
  /// The value, marked as read, or nullptr where it is absent and may be.
  const TomlValue* take(std::string_view key);
  /// Throws for the first key that nothing has read.
  void finish() const;

  [[nodiscard]] Error fault(const TomlValue& at,
                            const std::string& what,
                            const std::string& remedy) const;

 private:
  const TomlValue& table_;
  std::string file_;
  bool inherits_;
  std::set<std::string, std::less<>> read_;
};

}  // namespace fabricast
