#include "model/toml_prescan.hpp"

#include <algorithm>
#include <cstddef>

namespace fabricast {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_quote(char c) { return c == '"' || c == '\''; }

/// Index behind the text that opens at `at`. One that is not closed ends with its line: the parser
/// stops there.
std::size_t end_of_text(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      return i + 1;
    }
    if (text[i] == '\n') {
      return i;
    }
    if (text[i] == '\\' && quote == '"') {
      ++i;
    }
  }
  return text.size();
}

/// Index of the next character that is not inside a comment or a text.
std::size_t next_of(std::string_view text, std::size_t at) {
  if (text[at] == '#') {
    return std::min(text.find('\n', at), text.size());
  }
  return is_quote(text[at]) ? end_of_text(text, at) : at + 1;
}

int line_of(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
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

bool opens_several_lines(std::string_view text, std::size_t at) {
  const std::string_view three = text.substr(at, 3);
  return three == R"(""")" || three == "'''";
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; });
}

/// Whatever the parser makes of what stands before, it looks ahead no further than to a blank, a
/// comma or a closing bracket: behind them, and behind brackets that open there, a quote begins a
/// text.
bool surely_opens_text(std::string_view text, std::size_t at) {
  const std::size_t before = text.substr(0, at).find_last_not_of("[{");
  return before == std::string_view::npos ||
         std::string_view(" \t\r\n,]}").find(text[before]) != std::string_view::npos;
}

bool is_foreign(std::string_view text, std::size_t at) {
  const bool opens = is_quote(text[at]);
  const std::string_view here = text.substr(at, opens ? end_of_text(text, at) - at : 1);
  return !is_ascii(here) && !(opens && surely_opens_text(text, at));
}

}  // namespace

std::optional<Hazard> first_hazard(std::string_view text, int deepest) {
  Depth depth;
  std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (; at < text.size(); at = next_of(text, at)) {
    depth.take(text[at]);
    if (depth.brackets + depth.dots > deepest) {
      return Hazard{line_of(text, at),
                    "brackets or dotted keys nest too deep",
                    "look for a bracket that is not closed; no table of ours nests that deep"};
    }
    if (is_foreign(text, at)) {
      return Hazard{
          line_of(text, at),
          "a character that is not ASCII outside of texts and comments",
          "straight quotes around text, a blank between = and the quote, no other blanks"};
    }
    if (opens_several_lines(text, at)) {
      return Hazard{
          line_of(text, at), "a text of several lines", "one line, in single or double quotes"};
    }
  }
  return std::nullopt;
}

}  // namespace fabricast
