#include "report/expectation_table.hpp"

#include "tests/report/samples.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace fabricast {
namespace {

Prediction prediction_of(std::uint64_t bytes, double us) {
  Prediction p;
  p.bytes = bytes;
  p.algorithm = "nvls_tree";
  p.protocol = "simple";
  p.time = microseconds(us);
  p.low = 0.8 * p.time;
  p.high = 1.2 * p.time;
  return p;
}

// One row of each verdict.
struct Judged {
  std::vector<Record> records;
  Expectation expectation;
};

Judged judged(const std::string& text) {
  Judged j;
  for (const double us : {100.0, 200.0, 10.0, 100.0}) {
    j.records.push_back(test::record_of(Collective::kAllReduce, "library", 1U << 20, us));
  }
  ExpectedCurve curve{Collective::kAllReduce, 16, 8, "2.28.9", {}, {}, {}};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto verdict = kVerdicts[i].id;
    curve.rows.push_back({&j.records[i],
                          verdict,
                          "",
                          prediction_of(1U << 20, 100),
                          j.records[i].samples_us[0] / 100});
  }
  curve.rows.push_back({&j.records[3], Verdict::kUnknown, text, std::nullopt, 0});
  curve.causes = {
      {text,                text,   0  },
      {"no GPUDirect RDMA", "look", 0.1}
  };
  curve.notes = {text};
  j.expectation = {"hgx-h100", {std::move(curve)}};
  return j;
}

TEST(ExpectationTable, FitsTheTerminalWhateverItSays) {
  const Judged j = judged(test::kHostile);
  std::ostringstream out;
  write_expectation(out, j.expectation);
  EXPECT_LE(test::widest_line(out.str()), kTerminalWidth);
}

TEST(ExpectationTable, SaysEveryVerdictCauseAndReason) {
  const Judged j = judged("one rank: nothing crossed a link");
  std::ostringstream out;
  write_expectation(out, j.expectation);
  for (const auto& row : kVerdicts) {
    EXPECT_NE(out.str().find(row.name), std::string::npos) << row.name;
  }
  EXPECT_NE(out.str().find("1 good, 1 slow, 1 too fast, 1 unknown"), std::string::npos)
      << out.str();
  EXPECT_NE(out.str().find("2. no GPUDirect RDMA: look"), std::string::npos);
  EXPECT_NE(out.str().find("[1] one rank"), std::string::npos);
}

TEST(ExpectationTable, JsonAndCsvHoldEveryRow) {
  const Judged j = judged("a reason, with a comma");
  const auto rows = to_json(j.expectation)["curves"][0]["rows"];
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[1]["verdict"], "slow");
  EXPECT_EQ(rows[1]["expected_us"], 100);
  EXPECT_FALSE(rows[3].contains("expected_us"));
  std::ostringstream csv;
  write_csv(csv, j.expectation);
  const std::string text = csv.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_NE(text.find("unknown,\"a reason, with a comma\"\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace fabricast
