#include "report/measurement_table.hpp"

#include "tests/report/golden.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace fabricast {
namespace {

std::string tables_of(const std::vector<Record>& records) {
  std::ostringstream out;
  write_measurement_tables(out, records);
  return out.str();
}

std::string cell(const Table& table, const std::string& column, std::size_t row = 0) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& c) {
    return c.name == column;
  });
  return table.rows.at(row).at(static_cast<std::size_t>(found - table.columns.begin()));
}

Table table_of(const std::vector<Record>& records) {
  Footnotes footnotes;
  return measurement_table(group_records(records).at(0), footnotes);
}

TEST(MeasurementTable, IsAsStored) {
  test::expect_golden("measured.txt", tables_of(test::sample_records()));
}

TEST(MeasurementTable, OneRankHasNoRate) {
  Record r = test::record_of(Collective::kAllReduce, "ring", 65536, 10);
  EXPECT_EQ(cell(table_of({r}), "busbw"), "9.830");
  r.ranks = r.ranks_per_node = 1;
  EXPECT_EQ(cell(table_of({r}), "busbw"), "–");
  EXPECT_EQ(cell(table_of({r}), "algbw"), "–");
}

TEST(MeasurementTable, WhatNcclChoseStandsBesideWhereItIsKnown) {
  Record known = test::record_of(Collective::kAllReduce, "library", 65536, 10);
  Record unknown = test::record_of(Collective::kAllReduce, "library", 1024, 10);
  EXPECT_EQ(tables_of({unknown}).find("chosen"), std::string::npos);
  known.chosen.emplace();
  known.chosen->cell = {"ring", "ll"};
  known.chosen->channels = 4;
  known.chosen->estimate_us = 12.5;
  const Table table = table_of({known, unknown});
  EXPECT_EQ(cell(table, "chosen"), "ring/ll x4");
  EXPECT_EQ(cell(table, "NCCL says"), "12.50");
  EXPECT_EQ(cell(table, "chosen", 1), "");
  EXPECT_EQ(cell(table, "NCCL says", 1), "");
}

TEST(MeasurementTable, NothingTimedMeansNoNumbers) {
  Record r = test::record_of(Collective::kAllReduce, "ring", 65536, 10);
  r.samples_us.clear();
  for (const char* column : {"median", "95 % interval", "p99", "algbw", "busbw"}) {
    EXPECT_EQ(cell(table_of({r}), column), "–") << column;
  }
}

TEST(MeasurementTable, WrongResultsAreSaidInWords) {
  Record r = test::record_of(Collective::kAllReduce, "ring", 65536, 10);
  EXPECT_EQ(tables_of({r}).find("WRONG"), std::string::npos);
  r.wrong_elements = 1;
  EXPECT_NE(tables_of({r}).find("WRONG RESULTS"), std::string::npos);
}

TEST(MeasurementTable, LinesFitWhateverTheNamesAre) {
  const std::string text = tables_of(test::hostile_report().records);
  EXPECT_LE(test::widest_line(text), kTerminalWidth);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(MeasurementTable, GroupsKeepEveryRow) {
  std::size_t rows = 0;
  const auto records = test::sample_records();
  for (const auto& group : group_records(records)) {
    rows += group.rows.size();
  }
  EXPECT_EQ(rows, records.size());
}

}  // namespace
}  // namespace fabricast
