#include "report/figures.hpp"

#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(MeasuredPlots, AFitHasTheStyleOfWhatItWasFittedTo) {
  const HtmlReport report = test::sample_report();
  const Plot plot = measured_plots(report.records, report.fits).at(0);
  ASSERT_EQ(plot.series.size(), 4U);
  EXPECT_EQ(plot.series[0].kind, SeriesKind::kMeasured);
  EXPECT_EQ(plot.series[2].kind, SeriesKind::kFitted);
  EXPECT_EQ(plot.series[0].style, plot.series[2].style);
  EXPECT_EQ(plot.series[1].style, plot.series[3].style);
  EXPECT_NE(plot.series[0].style, plot.series[1].style);
}

TEST(MeasuredPlots, RowsWithWrongResultsAreNotPoints) {
  std::vector<Record> records;
  for (const std::uint64_t bytes : {1024U, 2048U, 4096U}) {
    records.push_back(test::record_of(Collective::kAllReduce, "ring", bytes, 10));
  }
  records[2].wrong_elements = 1;
  const auto plots = measured_plots(records, {});
  ASSERT_EQ(plots.size(), 1U);
  EXPECT_EQ(plots[0].series.at(0).points.size(), 2U);
  records[1].wrong_elements = 1;
  EXPECT_TRUE(measured_plots(records, {}).empty());  // one size is no curve
}

TEST(MeasuredPlots, AFitWithoutRecordsIsShownAndSaysSo) {
  HtmlReport report = test::sample_report();
  report.fits[0].ranks = 512;
  const auto plots = measured_plots(report.records, report.fits);
  EXPECT_EQ(plots.back().title, "Model only, nothing measured: all_reduce, 512 ranks");
}

TEST(MeasuredPlots, NoFitIsLost) {
  const HtmlReport report = test::sample_report();
  const std::vector<Record> one_size{test::record_of(Collective::kAllReduce, "ring", 1024, 10)};
  const auto plots = measured_plots(one_size, report.fits);
  ASSERT_EQ(plots.size(), 1U);
  EXPECT_EQ(plots[0].series.size(), 1 + report.fits.size());
}

TEST(MeasuredPlots, AFitOfAnUnknownAlgorithmHasAStyleOfItsOwn) {
  HtmlReport report = test::sample_report();
  report.fits[0].algorithm = "other";
  const Plot plot = measured_plots(report.records, report.fits).at(0);
  EXPECT_NE(plot.series[2].style, plot.series[0].style);
  EXPECT_NE(plot.series[2].style, plot.series[1].style);
}

TEST(ForecastPlot, ShowsTheBandAndTheBound) {
  const Forecast f = test::sample_forecast();
  const Plot plot = forecast_plot(f);
  ASSERT_EQ(plot.series.size(), 2U);
  EXPECT_EQ(plot.series[0].points.at(1).low, f.predictions[1].low);
  EXPECT_EQ(plot.series[0].points.at(1).high, f.predictions[1].high);
  EXPECT_EQ(plot.series[1].kind, SeriesKind::kBound);
  EXPECT_EQ(plot.title.rfind("Forecast: ", 0), 0U);
}

TEST(TermBars, SharesAddUpToTheTime) {
  for (const auto& bar : term_bars(test::sample_forecast()).bars) {
    double sum = 0;
    for (const auto& part : bar.parts) {
      sum += part.share;
    }
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

}  // namespace
}  // namespace fabricast
