// Files that are either whole or not there.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

namespace fabricast {

/// Writes beside `path` and renames. Throws Error (with the option to change as remedy) when the
/// file cannot be written; what was at `path` before stays.
void write_file(const std::string& path, const std::function<void(std::ostream&)>& write);

}  // namespace fabricast
