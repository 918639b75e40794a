// Reading CSV (RFC 4180) with a header line.
#pragma once

#include <string>
#include <vector>

namespace fabricast {

struct CsvTable {
  std::string file;
  std::vector<std::string> columns;
  struct Row {
    int line = 0;  // where it starts in the file
    std::vector<std::string> fields;
  };
  std::vector<Row> rows;  // each with as many fields as there are columns

  /// "FILE:LINE", for messages.
  [[nodiscard]] std::string where(const Row& row) const;
  /// The field of a column, "" where the file does not have that column.
  [[nodiscard]] std::string field(const Row& row, const std::string& column) const;
};

/// Throws Error for a file that cannot be read, an unclosed quote, a row with another number of
/// fields than the header, or a column that is not among `known`; `required` columns must be there.
CsvTable read_csv(const std::string& path,
                  const std::vector<std::string>& required,
                  const std::vector<std::string>& known);

/// The same of a text; `file` names it in messages.
CsvTable parse_csv(const std::string& text,
                   const std::string& file,
                   const std::vector<std::string>& required,
                   const std::vector<std::string>& known);

}  // namespace fabricast
