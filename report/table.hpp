// A small table of strings: columns say what they hold, the terminal and the page lay it out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fabricast {

inline constexpr std::size_t kTerminalWidth = 100;

/// What a column holds decides how it is laid out: numbers to the right and never broken; words to
/// the left, broken into lines where space is short; on a page a source becomes a link, a
/// provenance a badge.
enum class Content { kNumber, kWords, kSource, kProvenance };

struct Column {
  std::string name;
  std::string unit;  // "" for none; every number of the column is in this unit
  Content content = Content::kNumber;
  int importance = 0;  // the smallest is left out first where the width does not suffice
};

/// Every row has one cell per column.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Lines of at most `width` columns, whatever the cells hold. Long words are wrapped first; then
/// columns are left out, the least important first, and named in a last line.
std::string render(const Table& table, std::size_t width = kTerminalWidth);

/// A text of at most `width` columns per line, each line indented by `indent` spaces.
std::string paragraph(const std::string& text,
                      std::size_t indent = 0,
                      std::size_t width = kTerminalWidth);

/// Remarks under a table: the same remark has one number, wherever it is used.
class Footnotes {
 public:
  /// "[1]" for the first remark, and again for the same text.
  std::string mark(const std::string& text);
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

/// "[1] text" lines.
std::string render(const Footnotes& footnotes, std::size_t width = kTerminalWidth);

}  // namespace fabricast
