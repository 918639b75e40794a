#include "report/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace fabricast {

namespace {

constexpr CodePoint kInvalid{U'\uFFFD', 1};

struct LeadByte {
  std::uint8_t mask;
  std::uint8_t value;
  std::size_t length;
  char32_t smallest;  // below it the form is overlong
};
constexpr std::array kLeadBytes{
    LeadByte{0x80, 0x00, 1, 0      },
    LeadByte{0xE0, 0xC0, 2, 0x80   },
    LeadByte{0xF0, 0xE0, 3, 0x800  },
    LeadByte{0xF8, 0xF0, 4, 0x10000},
};

struct Interval {
  char32_t first;
  char32_t last;
};
constexpr std::array kUnprintable{
    Interval{0x00,   0x1F  },
    Interval{0x7F,   0x9F  },
    Interval{0x200B, 0x200F}, // zero width, direction marks
    Interval{0x2028, 0x202E}, // line separators, direction overrides
    Interval{0x2060, 0x206F},
    Interval{0xFEFF, 0xFEFF},
};
// Coarse on purpose: a narrow character counted as wide only makes a line break early.
constexpr std::array kWide{
    Interval{0x1100,  0x115F },
    Interval{0x2E80,  0xA4CF },
    Interval{0xAC00,  0xD7A3 },
    Interval{0xF900,  0xFAFF },
    Interval{0xFE30,  0xFE6F },
    Interval{0xFF00,  0xFF60 },
    Interval{0xFFE0,  0xFFE6 },
    Interval{0x1F000, 0x3FFFD},
};

template <typename Intervals>
bool within(const Intervals& intervals, char32_t c) {
  return std::any_of(intervals.begin(), intervals.end(), [c](const Interval& i) {
    return i.first <= c && c <= i.last;
  });
}

bool is_scalar(char32_t c) { return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF); }

std::size_t columns(char32_t c) { return within(kWide, c) ? 2 : 1; }

// Bytes of the longest beginning of `text` that fits `width` columns; at least one character, so
// that a loop over the rest ends.
std::size_t fitting_bytes(std::string_view text, std::size_t width) {
  std::size_t bytes = 0;
  std::size_t used = 0;
  while (bytes < text.size()) {
    const CodePoint c = first_code_point(text.substr(bytes));
    used += columns(c.value);
    if (used > width && bytes > 0) {
      break;
    }
    bytes += c.length;
  }
  return bytes;
}

// Up to and including the next place where a line may end.
std::string_view next_chunk(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of(" /"), text.size() - 1) + 1);
}

std::size_t width_without_end_spaces(std::string_view text) {
  const auto last = text.find_last_not_of(' ');
  return last == std::string_view::npos ? 0 : display_width(text.substr(0, last + 1));
}

std::string without_end_spaces(const std::string& line) {
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  for (const auto& lead : kLeadBytes) {
    if ((byte(0) & lead.mask) != lead.value) {
      continue;
    }
    if (text.size() < lead.length) {
      return kInvalid;
    }
    auto value = static_cast<char32_t>(byte(0) & ~lead.mask);
    for (std::size_t i = 1; i < lead.length; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) {
        return kInvalid;
      }
      value = (value << 6U) | (byte(i) & 0x3FU);
    }
    return value >= lead.smallest && is_scalar(value) ? CodePoint{value, lead.length} : kInvalid;
  }
  return kInvalid;
}

bool is_unprintable(char32_t c) { return within(kUnprintable, c); }

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    if (c.value == '\n' || c.value == '\t') {
      out += ' ';
    } else if (is_unprintable(c.value) || c.value == kInvalid.value) {
      out += '?';
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    width += columns(c.value);
    text.remove_prefix(c.length);
  }
  return width;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines{""};
  std::size_t used = 0;  // columns of the last line, its end spaces included
  while (!text.empty()) {
    std::string_view chunk = next_chunk(text);
    if (used + width_without_end_spaces(chunk) > width) {
      if (used > 0) {
        lines.emplace_back();
        used = 0;
        continue;
      }
      chunk = chunk.substr(0, fitting_bytes(chunk, width));
    }
    lines.back() += chunk;
    used += display_width(chunk);
    text.remove_prefix(chunk.size());
  }
  std::transform(lines.begin(), lines.end(), lines.begin(), without_end_spaces);
  return lines;
}

std::size_t longest_unbroken(std::string_view text) {
  std::size_t longest = 0;
  while (!text.empty()) {
    const std::string_view chunk = next_chunk(text);
    longest = std::max(longest, width_without_end_spaces(chunk));
    text.remove_prefix(chunk.size());
  }
  return longest;
}

std::string clip(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) {
    return std::string(text);
  }
  return std::string(text.substr(0, fitting_bytes(text, width - 1))) + "…";
}

}  // namespace fabricast
