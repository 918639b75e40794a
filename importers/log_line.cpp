#include "importers/log_line.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace fabricast {

namespace {

constexpr std::string_view kSpaces = " \t\r\v\f";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// "[1,0]<stdout>:" of mpirun --tag-output, "[prterun-host-1@1,0]<stderr>:" of its successor.
std::string without_output_tags(std::string_view line) {
  constexpr std::array<std::string_view, 3> kStreams{"<stdout>:", "<stderr>:", "<stddiag>:"};
  constexpr std::size_t kLongestTag = 300;
  std::string kept;
  std::size_t done = 0;
  for (auto at = line.find("<std"); at != std::string_view::npos; at = line.find("<std", at + 1)) {
    const auto* const stream =
        std::find_if(kStreams.begin(), kStreams.end(), [&](std::string_view s) {
          return line.substr(at, s.size()) == s;
        });
    if (stream == kStreams.end() || at == done || line[at - 1] != ']') {
      continue;
    }
    const std::size_t from = at - std::min(at - done, kLongestTag);
    const auto open = line.substr(from, at - from).rfind('[');
    if (open != std::string_view::npos) {
      kept += line.substr(done, from + open - done);
      done = at + stream->size();
    }
  }
  return kept.append(line.substr(done));
}

// "2026-01-29T18:02:19.123Z" of a container's log.
bool is_log_time(std::string_view word) {
  return word.size() >= 20 && word[4] == '-' && word[10] == 'T' &&
         (word.back() == 'Z' || word.find('+') != std::string_view::npos);
}

// What stands before a line's content: "0:", "[0]", "node7:", a time.
bool is_leading_tag(std::string_view word) {
  if (word.size() > 2 && word.front() == '[' && word.back() == ']') {
    return all_digits(word.substr(1, word.size() - 2));
  }
  return (word.size() > 1 && word.back() == ':' && word.find('/') == std::string_view::npos) ||
         is_log_time(word);
}

// What may follow a tag: a comment, a number of a row, or a line of the oldest layout.
bool is_content(std::string_view text) {
  constexpr std::array<std::string_view, 4> kWords{"nThread", "Avg bus", "Out of", "NCCL"};
  return !text.empty() && (text.front() == '#' || is_digit(text.front()) ||
                           std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
                             return text.starts_with(word);
                           }));
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  return text;
}

// Where "NCCL INFO" and the like begin, or npos.
std::size_t find_nccl_marker(std::string_view line) {
  constexpr std::array<std::string_view, 6> kMarkers{
      "NCCL INFO", "NCCL WARN", "NCCL TRACE", "NCCL CALL", "NCCL ABORT", "NCCL VERSION"};
  std::size_t first = std::string_view::npos;
  for (const auto marker : kMarkers) {
    first = std::min(first, line.find(marker));
  }
  return first;
}

// The word before `end`, without the spaces between.
std::string_view word_before(std::string_view line, std::size_t end) {
  const auto last = end == 0 ? std::string_view::npos : line.find_last_not_of(kSpaces, end - 1);
  if (last == std::string_view::npos) {
    return {};
  }
  const auto space = line.find_last_of(kSpaces, last);
  const std::size_t start = space == std::string_view::npos ? 0 : space + 1;
  return line.substr(start, last + 1 - start);
}

std::size_t offset_in(std::string_view line, std::string_view part) {
  return static_cast<std::size_t>(part.data() - line.data());
}

// How much of "-1node7:12:34" belongs to a row: up to a known host, else up to the first letter
// (what a row ends with is a number or N/A).
std::size_t row_part(std::string_view word, const std::set<std::string, std::less<>>& hosts) {
  constexpr std::size_t kLongestNumber = 24;
  const std::string_view name = word.substr(0, word.find(':'));
  for (std::size_t start = 0; start < std::min(name.size(), kLongestNumber); ++start) {
    if (hosts.contains(name.substr(start))) {
      return start;
    }
  }
  if (word.starts_with("N/A")) {
    return 3;
  }
  const auto* const letter = std::find_if(word.begin(), word.end(), is_letter);
  return static_cast<std::size_t>(letter - word.begin());
}

// The length without the "[2026-01-29 18:02:19] " that some versions begin a message with.
std::size_t without_time(std::string_view before) {
  const auto last = before.find_last_not_of(kSpaces);
  const bool bracketed = last != std::string_view::npos && before[last] == ']';
  const auto open = before.rfind('[');
  return bracketed && open != std::string_view::npos ? open : before.size();
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    line = trimmed(line);
    if (line.empty()) {
      return words;
    }
    const std::size_t end = std::min(line.find_first_of(kSpaces), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::string without_tags(std::string_view line) {
  const std::string untagged = without_output_tags(line);
  std::string_view rest = untagged;
  for (int tags = 0; tags < 4; ++tags) {
    const std::string_view content = trimmed(rest);
    const std::string_view word = content.substr(0, content.find_first_of(kSpaces));
    if (!is_leading_tag(word)) {
      break;
    }
    const std::string_view after = trimmed(content.substr(word.size()));
    if (!is_content(after) && !is_leading_tag(after.substr(0, after.find_first_of(kSpaces)))) {
      break;
    }
    rest = content.substr(word.size());
  }
  return std::string(rest);
}

std::string without_nccl_message(const std::string& line,
                                 const std::set<std::string, std::less<>>& hosts) {
  const std::size_t marker = find_nccl_marker(line);
  if (marker == std::string::npos) {
    return line;
  }
  const std::string_view text = line;
  // "HOST:PID:THREAD [DEVICE] FILE:LINE NCCL WARN": FILE:LINE is not always there.
  std::size_t start = marker;
  for (int words = 0; words < 3; ++words) {
    const std::string_view word = word_before(text, start);
    if (word.empty()) {
      break;
    }
    start = offset_in(text, word);
    if (std::count(word.begin(), word.end(), ':') >= 2) {
      return line.substr(0, without_time(text.substr(0, start + row_part(word, hosts))));
    }
  }
  return line.substr(0, marker);
}

}  // namespace fabricast
