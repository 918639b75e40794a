#include "report/csv.hpp"

#include "tests/report/golden.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace fabricast {
namespace {

template <typename Rows>
std::string csv_of(const Rows& rows) {
  std::ostringstream out;
  write_csv(out, rows);
  return out.str();
}

// RFC 4180 as a reader sees it.
std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = rows.back().back();
    if (quoted && text[i] == '"' && text.substr(i, 2) == "\"\"") {
      field += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      rows.back().emplace_back();
    } else if (!quoted && text[i] == '\n') {
      rows.push_back({""});
    } else {
      field += text[i];
    }
  }
  rows.pop_back();  // behind the last newline
  return rows;
}

TEST(CsvField, IsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(Csv, OfRecordsIsAsStored) {
  test::expect_golden("measured.csv", csv_of(test::sample_records()));
}

TEST(Csv, OfForecastsIsAsStored) {
  test::expect_golden("forecast.csv", csv_of(std::vector<Forecast>{test::sample_forecast()}));
}

TEST(Csv, EveryRowHasEveryColumnWhateverTheTextIs) {
  const HtmlReport report = test::hostile_report();
  for (const auto& text : {csv_of(report.records), csv_of(report.forecasts)}) {
    const auto rows = read_csv(text);
    for (const auto& row : rows) {
      EXPECT_EQ(row.size(), rows.at(0).size());
    }
    EXPECT_NE(std::find(rows.at(1).begin(), rows.at(1).end(), test::kHostile), rows.at(1).end());
  }
  EXPECT_EQ(read_csv(csv_of(report.records)).size(), report.records.size() + 1);
}

TEST(Csv, SaysInEveryRowWhetherItWasMeasured) {
  for (const auto& row : read_csv(csv_of(std::vector<Forecast>{test::sample_forecast()}))) {
    EXPECT_TRUE(row.at(0) == "kind" || row.at(0) == "forecast");
  }
}

}  // namespace
}  // namespace fabricast
