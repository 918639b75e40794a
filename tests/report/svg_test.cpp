#include "report/figures.hpp"
#include "tests/report/golden.hpp"
#include "tests/report/markup.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabricast {
namespace {

using test::read_markup;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++n;
  }
  return n;
}

TEST(SvgPlot, OfMeasurementsAndFitsIsAsStored) {
  const HtmlReport report = test::sample_report();
  test::expect_golden("measured.svg", svg_plot(measured_plots(report.records, report.fits).at(0)));
}

TEST(SvgPlot, OfAForecastIsAsStored) {
  test::expect_golden("forecast.svg", svg_plot(forecast_plot(test::sample_forecast())));
}

TEST(SvgBars, AreAsStored) {
  test::expect_golden("terms.svg", svg_bars(term_bars(test::sample_forecast())));
}

TEST(SvgPlot, HasOneTooltipPerPointAndOneBand) {
  const std::string text = svg_plot(forecast_plot(test::sample_forecast()));
  EXPECT_EQ(count(text, "<title>forecast, "), 3U);
  EXPECT_EQ(count(text, "class=\"band\""), 2U);  // figure and legend
  EXPECT_EQ(read_markup(text).error, "");
}

TEST(SvgPlot, WhatCannotBeDrawnIsLeftOutWithoutBreakingTheFigure) {
  const double nan = std::nan("");
  Plot plot{"p", {{"s", SeriesKind::kForecast, 0, {}}}};
  for (const double bad : {0.0, -1.0, 1e-300, 1e300, nan}) {
    plot.series[0].points.push_back({Bytes(1024), Seconds(bad), Seconds(bad), Seconds(bad), ""});
    plot.series[0].points.push_back({Bytes(bad), Seconds(1), Seconds(1), Seconds(1), ""});
  }
  EXPECT_NE(svg_plot(plot).find("nothing that a logarithmic axis can show"), std::string::npos);
  plot.series[0].points.push_back({Bytes(1024), Seconds(1), Seconds(0), Seconds(2), "good"});
  const std::string text = svg_plot(plot);
  EXPECT_NE(text.find("good"), std::string::npos);
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("inf"), std::string::npos);
}

TEST(SvgPlot, SeriesDifferInMarkerAndNotOnlyInColour) {
  Plot plot{"p", {}};
  for (int style = 0; style < 6; ++style) {
    plot.series.push_back({"s",
                           SeriesKind::kMeasured,
                           style,
                           {{Bytes(1024), Seconds(1), Seconds(1), Seconds(1), ""}}});
  }
  const auto markup = read_markup(svg_plot(plot));
  std::vector<std::string> shapes;
  for (const auto& tag : markup.tags) {
    const auto css = tag.attributes.find("class");
    if (css != tag.attributes.end() && css->second == "mark") {
      shapes.push_back(tag.attributes.at("d"));
    }
  }
  ASSERT_EQ(shapes.size(), 12U);
  std::sort(shapes.begin(), shapes.end());
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  EXPECT_EQ(shapes.size(), 6U);
}

TEST(SvgBars, PartsThatCannotBeDrawnAreLeftOutAndTheRestStaysInside) {
  const StackedBars bars{
      "b",
      {{"x", "1 s", {{"a", 0.8, ""}, {"b", 0.8, ""}, {"c", -0.6, ""}, {"d", std::nan(""), ""}}}}};
  const std::string text = svg_bars(bars);
  EXPECT_EQ(count(text, "class=\"part\""), 4U);  // two parts, two legend samples
  EXPECT_EQ(count(text, "width=\"225.0\""), 2U);
  EXPECT_EQ(read_markup(text).error, "");
}

}  // namespace
}  // namespace fabricast
