// What a TOML text must not hold before the parser sees it. Found without recursion, by looking at
// brackets, dots and quotes alone; exact for valid TOML, and for other text up to its first fault,
// where the parser stops.
#pragma once

#include <string_view>

namespace fabricast {

/// The line of the first place where open brackets plus the dots of a key exceed `limit`; 0 if
/// there is none. In a text that passes, tables nest at most limit * (limit + 1) deep, as each
/// bracket may hold a dotted key of its own: parser and destructors recurse no deeper.
int first_line_nested_deeper(std::string_view text, int limit);

/// The line of the first table header that does not go on with a name, "[&" or "[[["; 0 if there is
/// none. toml++ up to 3.4 has undefined behaviour there (marzer/tomlplusplus issue 294).
int first_line_of_bad_header(std::string_view text);

}  // namespace fabricast
