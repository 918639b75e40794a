#include "report/table.hpp"

#include "report/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace fabricast {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowestWords = 12;
constexpr std::size_t kLongestWord = 32;  // longer ones may be broken

using Lines = std::vector<std::string>;

bool may_wrap(const Column& column) { return column.content != Content::kNumber; }

Lines header_lines(const Column& column, std::size_t width) {
  Lines lines = wrap(printable(column.name), width);
  if (!column.unit.empty()) {
    const Lines unit = wrap(printable(column.unit), width);
    lines.insert(lines.end(), unit.begin(), unit.end());
  }
  return lines;
}

// Headers wrap, so that a long name does not widen a column of short numbers.
std::size_t narrowest_header(const Column& column) {
  return std::max({std::size_t{2},
                   longest_unbroken(printable(column.name)),
                   longest_unbroken(printable(column.unit))});
}

struct Placed {
  std::size_t index;  // in Table::columns
  std::size_t width;
  std::size_t narrowest;  // what wrapping may squeeze it to
};

std::size_t total_width(const std::vector<Placed>& placed) {
  return std::accumulate(placed.begin(),
                         placed.end(),
                         std::size_t{0},
                         [](auto sum, const auto& p) { return sum + p.width + kGap; }) -
         kGap;
}

Placed natural_width(const Table& table, std::size_t index, std::size_t limit) {
  const Column& column = table.columns[index];
  const std::size_t header = narrowest_header(column);
  std::size_t width = header;
  std::size_t word = kNarrowestWords;
  for (const auto& row : table.rows) {
    const std::string cell = printable(row[index]);
    width = std::max(width, display_width(cell));
    word = std::max(word, longest_unbroken(cell));
  }
  width = std::min(width, limit);
  return {index, width, may_wrap(column) ? std::max(header, std::min(word, kLongestWord)) : width};
}

std::vector<Placed> natural_widths(const Table& table, std::size_t limit) {
  std::vector<Placed> placed;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    placed.push_back(natural_width(table, c, limit));
  }
  return placed;
}

// Takes columns from the widest words until the table fits or no words can give any.
void squeeze_words(std::vector<Placed>& placed, std::size_t width) {
  const auto can_give = [](const Placed& p) { return p.width > p.narrowest ? p.width : 0; };
  while (total_width(placed) > width) {
    const auto victim =
        std::max_element(placed.begin(), placed.end(), [&](const Placed& a, const Placed& b) {
          return can_give(a) < can_give(b);
        });
    if (can_give(*victim) == 0) {
      return;
    }
    --victim->width;
  }
}

std::vector<Placed> fit_columns(const Table& table, std::size_t width) {
  const std::vector<Placed> natural = natural_widths(table, width);
  std::vector<Placed> kept = natural;
  for (;;) {
    std::vector<Placed> placed = kept;
    squeeze_words(placed, width);
    if (total_width(placed) <= width || placed.size() == 1) {
      return placed;
    }
    kept.erase(std::min_element(kept.begin(), kept.end(), [&](const Placed& a, const Placed& b) {
      return table.columns[a.index].importance < table.columns[b.index].importance;
    }));
  }
}

std::string pad(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, display_width(text)), ' ');
  return right ? space + text : text + space;
}

// One table row of cells that may have several lines each; `at_bottom` aligns headers with the
// rule.
std::string join_cells(const Table& table,
                       const std::vector<Placed>& placed,
                       const std::vector<Lines>& cells,
                       bool at_bottom) {
  std::size_t height = 0;
  for (const auto& cell : cells) {
    height = std::max(height, cell.size());
  }
  std::string out;
  for (std::size_t y = 0; y < height; ++y) {
    std::string line;
    for (std::size_t c = 0; c < placed.size(); ++c) {
      const std::size_t skipped = at_bottom ? height - cells[c].size() : 0;
      const bool inside = y >= skipped && y - skipped < cells[c].size();
      line += std::string(c == 0 ? 0 : kGap, ' ');
      line += pad(inside ? cells[c][y - skipped] : "",
                  placed[c].width,
                  table.columns[placed[c].index].content == Content::kNumber);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

std::string rule(const std::vector<Placed>& placed) {
  std::string line;
  for (const auto& p : placed) {
    line += (line.empty() ? "" : std::string(kGap, ' ')) + std::string(p.width, '-');
  }
  return line + '\n';
}

std::string left_out(const Table& table, const std::vector<Placed>& placed, std::size_t width) {
  std::string names;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (std::none_of(placed.begin(), placed.end(), [c](const auto& p) { return p.index == c; })) {
      names += (names.empty() ? "" : ", ") + table.columns[c].name;
    }
  }
  return names.empty() ? "" : paragraph("not shown for lack of width: " + names, 0, width);
}

}  // namespace

std::string render(const Table& table, std::size_t width) {
  if (table.columns.empty()) {
    return "";
  }
  const std::vector<Placed> placed = fit_columns(table, width);
  std::vector<Lines> cells;
  cells.reserve(placed.size());
  for (const auto& p : placed) {
    cells.push_back(header_lines(table.columns[p.index], p.width));
  }
  std::string out = join_cells(table, placed, cells, true) + rule(placed);
  for (const auto& row : table.rows) {
    cells.clear();
    for (const auto& p : placed) {
      cells.push_back(wrap(printable(row[p.index]), p.width));
    }
    out += join_cells(table, placed, cells, false);
  }
  return out + left_out(table, placed, width);
}

std::string paragraph(const std::string& text, std::size_t indent, std::size_t width) {
  std::string out;
  for (const auto& line : wrap(printable(text), width - indent)) {
    out += std::string(line.empty() ? 0 : indent, ' ') + line + '\n';
  }
  return out;
}

std::string Footnotes::mark(const std::string& text) {
  auto found = std::find(texts_.begin(), texts_.end(), text);
  if (found == texts_.end()) {
    found = texts_.insert(texts_.end(), text);
  }
  return fmt::format("[{}]", found - texts_.begin() + 1);
}

std::string render(const Footnotes& footnotes, std::size_t width) {
  std::string out;
  for (std::size_t i = 0; i < footnotes.texts().size(); ++i) {
    const std::string number = fmt::format("[{}] ", i + 1);
    const std::string body = paragraph(footnotes.texts()[i], number.size(), width);
    out += number + body.substr(std::min(number.size(), body.size()));
  }
  return out;
}

}  // namespace fabricast
