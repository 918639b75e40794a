// Time against message size, both logarithmic, as inline SVG without scripts. Colours are classes
// of report.css (c0, c1, ...); markers and dashes tell the series apart without colour.
#pragma once

#include "core/units.hpp"

#include <string>
#include <vector>

namespace fabricast {

/// How a series is drawn: measured as separate points with their intervals; a fit as a line; a
/// forecast as a dashed line with its points; both with a band from low to high; a bound as a
/// dotted line.
enum class SeriesKind { kMeasured, kFitted, kForecast, kBound };

struct PlotPoint {
  Bytes size;
  Seconds time;
  Seconds low;  // equal to time where there is no interval
  Seconds high;
  std::string tooltip;
};

struct Series {
  std::string label;
  SeriesKind kind = SeriesKind::kMeasured;
  int style = 0;  // colour and marker: the same for what belongs together
  std::vector<PlotPoint> points;
};

struct Plot {
  std::string title;
  std::vector<Series> series;
};

/// Whether size and time of a point fit a logarithmic axis (report/log_scale.hpp).
bool can_draw(const PlotPoint& point);

/// Points that cannot be drawn are left out; without any the figure says so.
std::string svg_plot(const Plot& plot);

}  // namespace fabricast
