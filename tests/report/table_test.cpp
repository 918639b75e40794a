#include "report/table.hpp"

#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

Table two_columns() {
  return {
      {{"name", "", Content::kWords, 2}, {"time", "µs", Content::kNumber, 1}},
      {{"ring", "12.3"},                 {"tree", "4.56"}                    }
  };
}

TEST(Render, AlignsNumbersRightAndWordsLeft) {
  EXPECT_EQ(render(two_columns()),
            "      time\n"
            "name    µs\n"
            "----  ----\n"
            "ring  12.3\n"
            "tree  4.56\n");
}

TEST(Render, WrapsWordsBeforeItLeavesOutAColumn) {
  Table table = two_columns();
  table.rows[0][0] = "ring over the sockets";
  EXPECT_EQ(render(table, 20),
            "                time\n"
            "name              µs\n"
            "--------------  ----\n"
            "ring over the   12.3\n"
            "sockets\n"
            "tree            4.56\n");
}

TEST(Render, LeavesOutTheLeastImportantColumnAndSaysSo) {
  EXPECT_EQ(render(two_columns(), 9),
            "name\n"
            "----\n"
            "ring\n"
            "tree\n"
            "not shown\n"
            "for lack\n"
            "of width:\n"
            "time\n");
}

TEST(Render, NoLineIsWiderThanAskedForWhateverTheCellsHold) {
  for (const std::size_t width : {12U, 40U, 100U}) {
    Table table;
    for (int c = 0; c < 12; ++c) {
      table.columns.push_back(
          {test::kHostile, "µs", c % 2 == 0 ? Content::kWords : Content::kNumber, c});
    }
    table.rows.assign(3, std::vector<std::string>(12, test::kHostile));
    const std::string text = render(table, width);
    EXPECT_LE(test::widest_line(text), width);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  }
}

TEST(Render, IsEmptyWithoutColumnsAndAHeaderWithoutRows) {
  EXPECT_EQ(render(Table{}), "");
  Table table = two_columns();
  table.rows.clear();
  EXPECT_EQ(render(table), "      time\nname    µs\n----  ----\n");
}

TEST(Footnotes, GiveTheSameRemarkTheSameNumber) {
  Footnotes notes;
  EXPECT_EQ(notes.mark("a"), "[1]");
  EXPECT_EQ(notes.mark("b"), "[2]");
  EXPECT_EQ(notes.mark("a"), "[1]");
  EXPECT_EQ(render(notes), "[1] a\n[2] b\n");
}

TEST(Footnotes, WrapUnderTheirText) {
  Footnotes notes;
  notes.mark("one two three");
  EXPECT_EQ(render(notes, 12), "[1] one two\n    three\n");
}

}  // namespace
}  // namespace fabricast
