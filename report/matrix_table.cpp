#include "report/matrix_table.hpp"

#include "core/size.hpp"
#include "report/number.hpp"

#include <algorithm>
#include <map>
#include <ostream>

namespace fabricast {

namespace {

constexpr const char* kLibrary = "library";

using Row = std::map<std::string, const Record*>;  // of one size, by cell

double median(const Record& r) { return r.summary().median; }

const Record* best_of(const Row& row) {
  const Record* best = nullptr;
  for (const auto& [cell, record] : row) {
    if (best == nullptr || median(*record) < median(*best)) {
      best = record;
    }
  }
  return best;
}

std::vector<std::string> cells_of(const RecordGroup& group) {
  std::vector<std::string> cells;
  for (const Record* record : group.rows) {
    const std::string cell = cell_label(*record);
    if (record->valid() && std::find(cells.begin(), cells.end(), cell) == cells.end()) {
      cells.push_back(cell);
    }
  }
  return cells;
}

std::map<std::uint64_t, Row> by_size(const RecordGroup& group) {
  std::map<std::uint64_t, Row> sizes;
  for (const Record* record : group.rows) {
    if (record->valid()) {
      sizes[record->bytes][cell_label(*record)] = record;
    }
  }
  return sizes;
}

std::string time_of(const Row& row, const std::string& cell) {
  const auto found = row.find(cell);
  if (found == row.end()) {
    return std::string(kNoNumber);
  }
  return format_number(median(*found->second)) + (found->second == best_of(row) ? "*" : "");
}

std::string choice_of(const Row& row) {
  const auto own = row.find(kLibrary);
  return own != row.end() && own->second->chosen ? text(*own->second->chosen)
                                                 : std::string(kNoNumber);
}

std::string behind_best(const Row& row) {
  const auto own = row.find(kLibrary);
  const double best = median(*best_of(row));
  return own == row.end() || best <= 0 ? std::string(kNoNumber)
                                       : format_percent(median(*own->second) / best - 1);
}

}  // namespace

std::string cell_label(const Record& record) {
  const auto cell = forced_cell(record.origin.environment);
  return cell ? text(*cell) : kLibrary;
}

Table matrix_table(const RecordGroup& group) {
  Table table;
  table.columns.push_back({"size", "", Content::kNumber, 9});
  const std::vector<std::string> cells = cells_of(group);
  for (const std::string& cell : cells) {
    table.columns.push_back({cell, "µs", Content::kNumber, 6});
  }
  table.columns.push_back({"NCCL chose", "", Content::kWords, 8});
  table.columns.push_back({"behind best", "", Content::kNumber, 8});
  for (const auto& [bytes, row] : by_size(group)) {
    std::vector<std::string> line{format_size(bytes)};
    for (const std::string& cell : cells) {
      line.push_back(time_of(row, cell));
    }
    line.push_back(choice_of(row));
    line.push_back(behind_best(row));
    table.rows.push_back(std::move(line));
  }
  return table;
}

void write_matrix_tables(std::ostream& out, const std::vector<Record>& records, std::size_t width) {
  for (const auto& group : group_records(records)) {
    out << paragraph("measured: " + heading(group) + "; medians, * the best of a size", 0, width)
        << render(matrix_table(group), width) << '\n';
  }
}

}  // namespace fabricast
