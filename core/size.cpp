#include "core/size.hpp"

#include "core/error.hpp"

#include <array>
#include <charconv>

namespace fabricast {

namespace {

struct Suffix {
  char letter;
  int shift;
};
constexpr std::array kSuffixes{
    Suffix{'K', 10},
    Suffix{'M', 20},
    Suffix{'G', 30},
    Suffix{'T', 40}
};

[[noreturn]] void refuse(std::string_view text, std::string_view what) {
  throw Error(
      std::string(what) + ": '" + std::string(text) + "' is not a size",
      "",
      "a whole number of bytes with an optional K, M, G or T (powers of 1024), such as 64K");
}

int shift_of(std::string_view suffix, std::string_view text, std::string_view what) {
  if (suffix.empty() || suffix == "B") {
    return 0;
  }
  const std::string_view rest = suffix.substr(1);
  if (rest.empty() || rest == "B" || rest == "iB") {
    for (const auto& row : kSuffixes) {
      if (suffix[0] == row.letter || suffix[0] == row.letter + ('a' - 'A')) {
        return row.shift;
      }
    }
  }
  refuse(text, what);
}

}  // namespace

std::uint64_t parse_size(std::string_view text, std::string_view what) {
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc()) {
    refuse(text, what);
  }
  const int shift = shift_of(text.substr(static_cast<std::size_t>(end - text.data())), text, what);
  constexpr std::uint64_t kMaxBytes = 1ULL << 53;  // exact as a double, and 8 PiB are enough
  if (number > (kMaxBytes >> shift)) {
    throw Error(
        std::string(what) + ": " + std::string(text) + " is too large", "", "at most 8192T");
  }
  return number << shift;
}

std::vector<std::uint64_t> parse_size_list(std::string_view text, std::string_view what) {
  std::vector<std::uint64_t> sizes;
  for (;;) {
    const auto comma = text.find(',');
    sizes.push_back(parse_size(text.substr(0, comma), what));
    if (comma == std::string_view::npos) {
      return sizes;
    }
    text.remove_prefix(comma + 1);
  }
}

std::string format_size(std::uint64_t bytes) {
  for (auto row = kSuffixes.rbegin(); row != kSuffixes.rend(); ++row) {
    const std::uint64_t unit = 1ULL << row->shift;
    if (bytes >= unit && bytes % unit == 0) {
      return std::to_string(bytes / unit) + ' ' + row->letter + "iB";
    }
  }
  return std::to_string(bytes) + " B";
}

}  // namespace fabricast
