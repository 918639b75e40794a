// What to say about a name that does not exist.
#pragma once

#include "core/error.hpp"

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// The known name closest to `given` by edit distance, or "" when none is near (over half its
/// letters differ).
std::string nearest_name(std::string_view given, const std::vector<std::string>& known);

/// "unknown cluster 'colosus-100k'", with the nearest name and the list of those that exist as
/// remedy.
Error unknown_name(std::string_view kind,
                   std::string_view given,
                   const std::vector<std::string>& known,
                   const std::string& where = "");

/// The names of a table's rows, for unknown_name and help texts.
template <typename Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  names.reserve(std::size(table));
  for (const auto& row : table) {
    names.emplace_back(row.name);
  }
  return names;
}

}  // namespace fabricast
