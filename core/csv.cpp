#include "core/csv.hpp"

#include "core/error.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace fabricast {

namespace {

// Splits the whole text into rows of fields; quotes may hold commas, line ends and doubled quotes.
class Splitter {
 public:
  Splitter(const std::string& text, std::string file) : text_(text), file_(std::move(file)) {}

  std::vector<CsvTable::Row> rows() {
    std::vector<CsvTable::Row> rows;
    while (at_ < text_.size()) {
      CsvTable::Row row{line_, {}};
      do {
        row.fields.push_back(field());
      } while (take(','));
      take('\r');
      take('\n');
      if (row.fields.size() > 1 || !row.fields[0].empty()) {  // a blank line is no row
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

 private:
  bool take(char c) {
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      line_ += c == '\n' ? 1 : 0;
      return true;
    }
    return false;
  }

  std::string field() {
    if (take('"')) {
      return quoted();
    }
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    return text_.substr(start, at_ - start);
  }

  std::string quoted() {
    const int opened = line_;
    std::string value;
    for (;;) {
      if (at_ >= text_.size()) {
        throw Error(
            "a quote is not closed", file_ + ":" + std::to_string(opened), "add the missing \"");
      }
      if (take('"')) {
        if (!take('"')) {
          return value;
        }
        value += '"';
        continue;
      }
      const char c = text_[at_];
      take(c);
      value += c;
    }
  }

  const std::string& text_;
  std::string file_;
  std::size_t at_ = 0;
  int line_ = 1;
};

void check_columns(const CsvTable& table,
                   const std::vector<std::string>& required,
                   const std::vector<std::string>& known) {
  for (const auto& column : table.columns) {
    if (std::find(known.begin(), known.end(), column) == known.end()) {
      throw unknown_name("column", column, known, table.file + ":1");
    }
  }
  for (const auto& column : required) {
    if (std::find(table.columns.begin(), table.columns.end(), column) == table.columns.end()) {
      throw Error("the column '" + column + "' is missing",
                  table.file + ":1",
                  "a header line with all columns (docs/command-line.md)");
    }
  }
}

}  // namespace

std::string CsvTable::where(const Row& row) const { return file + ":" + std::to_string(row.line); }

std::string CsvTable::field(const Row& row, const std::string& column) const {
  const auto at = std::find(columns.begin(), columns.end(), column);
  return at == columns.end() ? "" : row.fields[static_cast<std::size_t>(at - columns.begin())];
}

CsvTable read_csv(const std::string& path,
                  const std::vector<std::string>& required,
                  const std::vector<std::string>& known) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in && text.empty()) {
    throw Error("cannot read " + path, "", "a CSV file");
  }
  return parse_csv(text, path, required, known);
}

CsvTable parse_csv(const std::string& text,
                   const std::string& file,
                   const std::vector<std::string>& required,
                   const std::vector<std::string>& known) {
  CsvTable table;
  table.file = file;
  std::vector<CsvTable::Row> rows = Splitter(text, file).rows();
  if (rows.empty()) {
    throw Error(file + " is empty", "", "a header line and at least one row");
  }
  table.columns = rows.front().fields;
  table.rows.assign(rows.begin() + 1, rows.end());
  check_columns(table, required, known);
  for (const auto& row : table.rows) {
    if (row.fields.size() != table.columns.size()) {
      throw Error("this row has " + std::to_string(row.fields.size()) + " fields, the header " +
                      std::to_string(table.columns.size()),
                  table.where(row),
                  "as many fields as columns; quote fields that hold commas");
    }
  }
  return table;
}

}  // namespace fabricast
