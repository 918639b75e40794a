#include "model/toml_prescan.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace fabricast {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kKeyStarts =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-\"'";

/// Index behind the string that opens at `at`. A single-line string that is not closed ends with
/// its line: the parser stops there.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool multiline = text.substr(at, 3) == three;
  for (std::size_t i = at + (multiline ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (multiline && text.substr(i, 3) == three) {
      // Up to two quotes may stand before the closing three.
      return std::min({text.find_first_not_of(quote, i), i + 5, text.size()});
    } else if (!multiline && text[i] == quote) {
      return i + 1;
    } else if (!multiline && text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

/// Index of the next character that is not inside a comment or a string.
std::size_t next_of(std::string_view text, std::size_t at) {
  if (text[at] == '#') {
    return std::min(text.find('\n', at), text.size());
  }
  return text[at] == '"' || text[at] == '\'' ? end_of_string(text, at) : at + 1;
}

int line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
}

/// Open brackets, and dots of the key that is being read.
struct Depth {
  int brackets = 0;
  int dots = 0;

  void take(char c) {
    if (c == '.') {
      ++dots;
    } else if (std::string_view("[]{}=,\n").find(c) != std::string_view::npos) {
      dots = 0;
    }
    if (c == '[' || c == '{') {
      ++brackets;
    } else if (c == ']' || c == '}') {
      brackets = std::max(brackets - 1, 0);
    }
  }
};

/// Line of the first place where is_wrong(index, depth there), 0 if there is none.
template <typename Predicate>
int first_line_where(std::string_view text, Predicate is_wrong) {
  Depth depth;
  for (std::size_t at = 0; at < text.size(); at = next_of(text, at)) {
    depth.take(text[at]);
    if (is_wrong(at, depth)) {
      return line_of(text, at);
    }
  }
  return 0;
}

bool is_first_on_its_line(std::string_view text, std::size_t at) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const std::string_view before = text.substr(0, at);
  const std::size_t last = before.find_last_not_of(kBlanks);
  return last == std::string_view::npos || before[last] == '\n' ||
         before.substr(0, last + 1) == kByteOrderMark;
}

bool goes_on_with_a_name(std::string_view text, std::size_t at) {
  std::size_t i = text.find_first_not_of(kBlanks, at + 1);
  if (i < text.size() && text[i] == '[') {
    i = text.find_first_not_of(kBlanks, i + 1);
  }
  // An empty name and the end of the text are faults that the parser tells well.
  return i >= text.size() || text[i] == ']' || kKeyStarts.find(text[i]) != std::string_view::npos;
}

}  // namespace

int first_line_nested_deeper(std::string_view text, int limit) {
  return first_line_where(text, [&](std::size_t /*at*/, const Depth& depth) {
    return depth.brackets + depth.dots > limit;
  });
}

int first_line_of_bad_header(std::string_view text) {
  return first_line_where(text, [&](std::size_t at, const Depth& depth) {
    return text[at] == '[' && depth.brackets == 1 && is_first_on_its_line(text, at) &&
           !goes_on_with_a_name(text, at);
  });
}

}  // namespace fabricast
