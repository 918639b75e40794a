// UTF-8 text from outside: decoded, made harmless, measured in terminal columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// The first code point of a text and the bytes it takes. Bytes that are not UTF-8 (overlong forms
/// and surrogates included) decode to U+FFFD, one byte at a time.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;
};
/// `text` is not empty.
CodePoint first_code_point(std::string_view text);

/// Control characters, and invisible ones that reorder or hide their neighbours on a screen.
bool is_unprintable(char32_t c);

/// The text with every unprintable character or byte replaced by '?', so that a host name cannot
/// move the cursor. Newlines and tabs become spaces.
std::string printable(std::string_view text);

/// Columns that a terminal gives to the text: two for East Asian and emoji characters, one for
/// others.
std::size_t display_width(std::string_view text);

/// Lines of at most `width` columns (at least 2), broken after a space or '/' where possible,
/// inside a word otherwise. One empty line for an empty text.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// Columns of the longest part that `wrap` would have to break inside; 0 for an empty text.
std::size_t longest_unbroken(std::string_view text);

/// The text, or its beginning and an ellipsis, in at most `width` columns.
std::string clip(std::string_view text, std::size_t width);

}  // namespace fabricast
