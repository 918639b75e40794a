// The parts that clusters are made of: a file's own tables first, then the library that is built
// in.
#pragma once

#include "model/toml_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// [gpu.NAME], [nic.NAME], [switch.NAME] and [link.NAME] as one cluster file sees them.
class Parts {
 public:
  /// `cluster_file` has passed check_schema and outlives this. Throws Error when the library that
  /// is built in is faulty.
  explicit Parts(const TomlValue& cluster_file);

  /// The part, or nullptr. `table` is one of kPartTables.
  [[nodiscard]] const TomlValue* find(std::string_view table, std::string_view name) const;
  /// A part that check_cluster has found to exist.
  [[nodiscard]] const TomlValue& at(std::string_view table, std::string_view name) const;
  /// Does the part stand in the cluster file itself?
  [[nodiscard]] bool is_own(std::string_view table, std::string_view name) const;
  /// The names that exist.
  [[nodiscard]] std::vector<std::string> names(std::string_view table) const;

 private:
  const TomlValue* own_;
  const TomlValue* library_;
};

}  // namespace fabricast
