#include "core/size.hpp"
#include "report/figures.hpp"
#include "report/forecast_table.hpp"
#include "report/html_sections.hpp"
#include "report/html_table.hpp"
#include "report/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast::html {

namespace {

constexpr std::string_view kHowToRead =
    "Dashed line: the model's time. Shaded: 90 % of outcomes are expected here. Dotted: what the "
    "datasheets' link rates allow at best.";

std::string drivers(const Forecast& forecast) {
  if (forecast.predictions.empty()) {
    return "";
  }
  const Prediction& last = forecast.predictions.back();
  return html_table(
      driver_table(last),
      fmt::format("What the interval of the forecast for {} rests on", format_size(last.bytes)));
}

std::string article(const Forecast& f) {
  std::string out = fmt::format(
      "<article>\n<h3>Forecast: {}</h3>\n<p>{}.", escape(heading(f)), escape(conditions(f)));
  for (const auto& line : extrapolation_lines(f)) {
    out += fmt::format(" <strong>{}.</strong>", escape(line));
  }
  out +=
      fmt::format("</p>\n<p>Calibration: {}</p>\n<div class=\"figures\">\n", escape(f.calibration));
  out += figure(svg_plot(forecast_plot(f)), std::string(kHowToRead));
  out +=
      figure(svg_bars(term_bars(f)), "Each bar is one message size; its length is the whole time.");
  out += "</div>\n" + html_table(forecast_table(f), "Forecast, not measured: " + heading(f));
  return out + drivers(f) + "</article>\n";
}

}  // namespace

std::string forecasts(const HtmlReport& report) {
  std::string out;
  for (const auto& forecast : report.forecasts) {
    out += article(forecast);
  }
  return out.empty() ? nothing("Nothing was forecast.") : out;
}

std::string unknown(const HtmlReport& report) {
  std::vector<std::string> lines;
  for (const auto& forecast : report.forecasts) {
    for (const auto& note : forecast.notes) {
      const std::string line = forecast.cluster + ": " + note;
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
        lines.push_back(line);
      }
    }
  }
  std::string out;
  for (const auto& line : lines) {
    out += fmt::format("<li>{}</li>\n", escape(line));
  }
  return out.empty() ? nothing("The inputs name nothing as unknown.") : "<ul>\n" + out + "</ul>\n";
}

}  // namespace fabricast::html
