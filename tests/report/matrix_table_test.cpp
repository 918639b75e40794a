#include "report/matrix_table.hpp"

#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace fabricast {
namespace {

Record row(const std::string& cell, std::uint64_t bytes, double us) {
  Record r = test::record_of(Collective::kAllReduce, "library", bytes, us);
  r.backend = "nccl";
  if (cell != "library") {
    r.origin.environment = settings_for(parse_cell(cell));
  }
  return r;
}

std::vector<Record> matrix() {
  std::vector<Record> records{row("library", 1024, 12),
                              row("library", 65536, 40),
                              row("ring/ll", 1024, 10),
                              row("ring/ll", 65536, 50),
                              row("nvls/simple", 65536, 32)};
  records[0].chosen.emplace();
  records[0].chosen->cell = {"tree", "ll"};
  records[0].chosen->channels = 2;
  return records;
}

Table table_of(const std::vector<Record>& records) {
  return matrix_table(group_records(records).at(0));
}

TEST(MatrixTable, HasARowPerSizeAndAColumnPerCell) {
  const Table table = table_of(matrix());
  using Line = std::vector<std::string>;
  EXPECT_EQ(table.columns[2].name, "ring/ll");
  EXPECT_EQ(table.rows.at(0), (Line{"1 KiB", "12.00", "10.00*", "–", "tree/ll x2", "20 %"}));
  EXPECT_EQ(table.rows.at(1), (Line{"64 KiB", "40.00", "50.00", "32.00*", "–", "25 %"}));
}

TEST(MatrixTable, RowsWithWrongElementsCountForNothing) {
  std::vector<Record> records = matrix();
  records[2].wrong_elements = 1;
  records[3].wrong_elements = 1;
  const Table table = table_of(records);
  EXPECT_EQ(table.columns[2].name, "nvls/simple");
  EXPECT_EQ(table.rows.at(0).at(1), "12.00*");
}

TEST(MatrixTable, WithoutNcclsOwnChoiceNothingIsComparedWithIt) {
  const Table table = table_of({row("ring/ll", 1024, 10)});
  EXPECT_EQ(table.rows.at(0).back(), "–");
}

TEST(MatrixTable, LinesFitWhateverTheNamesAre) {
  std::ostringstream out;
  write_matrix_tables(out, test::hostile_report().records);
  EXPECT_LE(test::widest_line(out.str()), kTerminalWidth);
}

}  // namespace
}  // namespace fabricast
