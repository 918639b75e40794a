// Formatted text at the end of a string.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <utility>

namespace fabricast {

/// In HTML and SVG, arguments that come from data must be escaped (report/html_text.hpp).
template <typename... Args>
void add(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

template <typename... Args>
void add_line(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  add(out, format, std::forward<Args>(args)...);
  out += '\n';
}

}  // namespace fabricast
