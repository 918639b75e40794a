#include "report/forecast_table.hpp"

#include "core/error.hpp"
#include "tests/report/golden.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace fabricast {
namespace {

std::string text_of(const Forecast& forecast, std::optional<std::uint64_t> detail = std::nullopt) {
  std::ostringstream out;
  write_forecast(out, forecast, detail);
  return out.str();
}

TEST(ForecastTable, IsAsStored) {
  test::expect_golden("forecast.txt", text_of(test::sample_forecast()));
}

TEST(ForecastTable, NeverCallsAForecastMeasured) {
  Forecast f = test::sample_forecast();
  const std::string text = text_of(f);
  EXPECT_EQ(text.rfind("forecast (modelled, not measured): ", 0), 0U);
  for (const auto& column : forecast_table(f).columns) {
    EXPECT_EQ(column.name.find("measured"), std::string::npos);
  }
}

TEST(ForecastTable, DetailsAreThoseOfTheSizeAskedFor) {
  const Forecast f = test::sample_forecast();
  EXPECT_NE(text_of(f).find("forecast of 1 GiB"), std::string::npos);
  EXPECT_NE(text_of(f, 8).find("forecast of 8 B"), std::string::npos);
  EXPECT_THROW(text_of(f, 9), Error);
}

TEST(ForecastTable, OneRankHasNoRate) {
  Forecast f = test::sample_forecast();
  f.ranks = f.ranks_per_node = 1;
  EXPECT_EQ(forecast_table(f).rows.at(0).at(4), "–");
}

TEST(ForecastTable, LinesFitWhateverTheNamesAre) {
  const Forecast f = test::hostile_report().forecasts.at(0);
  EXPECT_LE(test::widest_line(text_of(f)), kTerminalWidth);
  EXPECT_EQ(text_of(f).find('\x1b'), std::string::npos);
}

TEST(ForecastTable, WithoutSizesIsAHeadingWithNotes) {
  Forecast f = test::sample_forecast();
  f.predictions.clear();
  EXPECT_NE(text_of(f).find("unknown: "), std::string::npos);
}

TEST(ExtrapolationLines, SayHowFarBeyondTheData) {
  Forecast f = test::sample_forecast();
  EXPECT_EQ(extrapolation_lines(f),
            (std::vector<std::string>{"24x beyond the 4,096 ranks the constants come from"}));
  f.predictions[0].extrapolation = {8192, 1};
  f.predictions[1].extrapolation = {0, 1};
  EXPECT_EQ(extrapolation_lines(f).size(), 3U);
}

TEST(DriverTable, ShowsTheFirstOnes) {
  const Prediction p = test::sample_forecast().predictions.at(0);
  EXPECT_EQ(driver_table(p).rows.size(), kDriversShown);
  EXPECT_EQ(driver_table(p, 99).rows.size(), p.drivers.size());
}

}  // namespace
}  // namespace fabricast
