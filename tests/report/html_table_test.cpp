#include "report/html_table.hpp"

#include "tests/report/markup.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(HtmlTable, EscapesCaptionHeadersAndCells) {
  Table table;
  for (const Content content :
       {Content::kNumber, Content::kWords, Content::kSource, Content::kProvenance}) {
    table.columns.push_back({test::kHostile, test::kHostile, content});
  }
  table.rows.assign(1, std::vector<std::string>(4, test::kHostile));
  const std::string html = html_table(table, test::kHostile);
  EXPECT_EQ(test::read_markup(html).error, "");
  EXPECT_EQ(html.find("<script"), std::string::npos);
}

TEST(HtmlTable, NamesItsRowsAndColumns) {
  Table table;
  table.columns = {
      {"size", "",    Content::kNumber},
      {"time", "µs", Content::kNumber}
  };
  table.rows = {
      {"1 KiB", "9"}
  };
  const std::string html = html_table(table, "caption");
  EXPECT_NE(html.find(R"(<th scope="row" class="number">1 KiB</th>)"), std::string::npos);
  EXPECT_NE(html.find(R"(time <span class="unit">µs</span></th>)"), std::string::npos);
}

TEST(Badge, IsForTheWordsOfTheTableOfProvenances) {
  EXPECT_EQ(badge("measured"), R"(<span class="badge measured">measured</span>)");
  EXPECT_EQ(badge("<b>"), "&lt;b&gt;");
}

}  // namespace
}  // namespace fabricast
