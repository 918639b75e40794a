// What toml++ must not be shown, found without recursion by looking at brackets, dots and quotes
// alone.
#pragma once

#include <optional>
#include <string_view>

namespace fabricast {

struct Hazard {
  int line;
  std::string_view what;
  std::string_view remedy;
};

/// The first place in the text where
/// - open brackets plus the dots of a key exceed `deepest`. In a text that passes, tables nest at
/// most
///   deepest * (deepest + 1) deep, as each bracket may hold a dotted key of its own: parser and
///   destructors recurse no deeper;
/// - a text of several lines begins, or a character that is not ASCII stands outside of comments
/// and of
///   texts behind a blank, a comma or a bracket: toml++ up to 3.4 has undefined behaviour when it
///   takes such a character for a part of a key or a number (marzer/tomlplusplus pull request 305).
/// Brackets and dots are counted exactly in valid TOML, and in other text up to its first fault,
/// where the parser stops.
std::optional<Hazard> first_hazard(std::string_view text, int deepest);

}  // namespace fabricast
