#include "report/svg_plot.hpp"

#include "report/append.hpp"
#include "report/html_text.hpp"
#include "report/log_scale.hpp"
#include "report/svg.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

namespace fabricast {

namespace {

struct KindInfo {
  SeriesKind id;
  std::string_view css;  // the dash
  bool line;
  bool marks;
  bool bars;
  bool band;
};
constexpr std::array kKinds{
    KindInfo{SeriesKind::kMeasured, "measured", false, true,  true,  false},
    KindInfo{SeriesKind::kFitted,   "fitted",   true,  false, false, true },
    KindInfo{SeriesKind::kForecast, "forecast", true,  true,  false, true },
    KindInfo{SeriesKind::kBound,    "bound",    true,  false, false, false},
};
const KindInfo& info(SeriesKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

// Outlines around the origin, about nine units wide.
constexpr std::array<std::string_view, 6> kMarkers{
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",  // circle
    "M-3.6-3.6h7.2v7.2h-7.2z",             // square
    "M0-4.8L4.5 3.4h-9z",                  // triangle
    "M0-5.2L5.2 0L0 5.2L-5.2 0z",          // diamond
    "M-3.8-3.8L3.8 3.8M-3.8 3.8L3.8-3.8",  // cross
    "M-5 0h10M0-5v10",                     // plus
};
std::string_view marker(int style) {
  return kMarkers[static_cast<std::size_t>(style) % kMarkers.size()];
}

struct Frame {
  double left = 66;
  double right = 606;  // room for half of the last tick's label
  double top = 38;
  double bottom = 330;
};
constexpr Frame kFrame;
constexpr double kLegendBaseline = kFrame.bottom + 62;
constexpr double kLegendSample = 34;
constexpr double kMargin = 1.4;  // factor between the outermost value and the frame

struct Axes {
  LogScale x;
  LogScale y;
};

Axes axes_of(const std::vector<Series>& drawable) {
  PositiveRange sizes;
  PositiveRange times;
  for (const auto& series : drawable) {
    for (const auto& p : series.points) {
      sizes.add(p.size.si());
      for (const Seconds t : {p.time, p.low, p.high}) {
        times.add(t.si());
      }
    }
  }
  return {LogScale(sizes.padded(kMargin), kFrame.left, kFrame.right),
          LogScale(times.padded(kMargin), kFrame.bottom, kFrame.top)};
}

void draw_axes(std::string& out, const Axes& axes) {
  for (const auto& tick : size_ticks(axes.x.range())) {
    const double x = axes.x.at(tick.value);
    add_line(out, R"(<path class="grid" d="M{:.1f} {}V{}"/>)", x, kFrame.top, kFrame.bottom);
    add_text(out, "tick", x, kFrame.bottom + 18, Anchor::kMiddle, tick.label);
  }
  for (const auto& tick : time_ticks(axes.y.range())) {
    const double y = axes.y.at(tick.value);
    add_line(out, R"(<path class="grid" d="M{} {:.1f}H{}"/>)", kFrame.left, y, kFrame.right);
    add_text(out, "tick", kFrame.left - 8, y + 4, Anchor::kEnd, tick.label);
  }
  add_line(out,
           R"(<path class="axis" d="M{} {}V{}H{}"/>)",
           kFrame.left,
           kFrame.top,
           kFrame.bottom,
           kFrame.right);
  const double middle = (kFrame.left + kFrame.right) / 2;
  add_text(out, "tick", middle, kFrame.bottom + 38, Anchor::kMiddle, "message size");
}

std::string polyline(const std::vector<PlotPoint>& points,
                     const Axes& axes,
                     Seconds PlotPoint::*time) {
  std::string path;
  for (const auto& p : points) {
    add(path,
        "{}{:.1f} {:.1f}",
        path.empty() ? 'M' : 'L',
        axes.x.at(p.size.si()),
        axes.y.at((p.*time).si()));
  }
  return path;
}

bool has_width(const PlotPoint& p) { return p.low < p.time || p.time < p.high; }

void draw_band(std::string& out, const Series& series, const Axes& axes) {
  if (std::none_of(series.points.begin(), series.points.end(), has_width)) {
    return;
  }
  std::vector<PlotPoint> back(series.points.rbegin(), series.points.rend());
  std::string path = polyline(series.points, axes, &PlotPoint::high);
  for (const auto& p : back) {
    add(path, "L{:.1f} {:.1f}", axes.x.at(p.size.si()), axes.y.at(p.low.si()));
  }
  add_line(out, R"(<path class="band" d="{}z"/>)", path);
}

void draw_points(std::string& out, const Series& series, const Axes& axes) {
  const KindInfo& kind = info(series.kind);
  for (const auto& p : series.points) {
    const double x = axes.x.at(p.size.si());
    add(out, "<g><title>{}</title>", escape(p.tooltip));
    if (kind.bars && has_width(p)) {
      add(out,
          R"(<path class="bar" d="M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {1:.1f}h6M{3:.1f} )"
          R"({2:.1f}h6"/>)",
          x,
          axes.y.at(p.low.si()),
          axes.y.at(p.high.si()),
          x - 3);
    }
    add_line(out,
             R"svg(<path class="mark" transform="translate({:.1f} {:.1f})" d="{}"/></g>)svg",
             x,
             axes.y.at(p.time.si()),
             marker(series.style));
  }
}

void draw_series(std::string& out, const Series& series, const Axes& axes) {
  const KindInfo& kind = info(series.kind);
  add_line(out, R"(<g class="c{} {}">)", series.style % kFigureColours, kind.css);
  if (kind.band) {
    draw_band(out, series, axes);
  }
  if (kind.line) {
    add_line(out,
             R"(<path class="line" d="{}"><title>{}</title></path>)",
             polyline(series.points, axes, &PlotPoint::time),
             escape(series.label));
  }
  if (kind.marks) {
    draw_points(out, series, axes);
  }
  out += "</g>\n";
}

void draw_legend_sample(std::string& out, const Series& series, double x, double y) {
  const KindInfo& kind = info(series.kind);
  add(out, R"(<g class="c{} {}">)", series.style % kFigureColours, kind.css);
  if (kind.band && std::any_of(series.points.begin(), series.points.end(), has_width)) {
    add(out, R"(<path class="band" d="M{} {}h28v12h-28z"/>)", x, y - 10);
  }
  if (kind.line) {
    add(out, R"(<path class="line" d="M{} {}h28"/>)", x, y - 4);
  }
  if (kind.marks) {
    add(out,
        R"svg(<path class="mark" transform="translate({} {})" d="{}"/>)svg",
        x + 14,
        y - 4,
        marker(series.style));
  }
  out += "</g>";
}

std::vector<LegendEntry> legend(const std::vector<Series>& drawable) {
  std::vector<LegendEntry> entries;
  entries.reserve(drawable.size());
  for (const auto& series : drawable) {
    entries.push_back({series.label, [&series](std::string& out, double x, double y) {
                         draw_legend_sample(out, series, x, y);
                       }});
  }
  return entries;
}

std::vector<Series> drawable_series(const Plot& plot) {
  std::vector<Series> drawable;
  for (Series series : plot.series) {
    auto& points = series.points;
    points.erase(std::remove_if(points.begin(), points.end(), std::not_fn(can_draw)), points.end());
    std::stable_sort(points.begin(), points.end(), [](const PlotPoint& a, const PlotPoint& b) {
      return a.size < b.size;
    });
    if (!points.empty()) {
      drawable.push_back(std::move(series));
    }
  }
  return drawable;
}

// What a reader who does not see the figure is told.
std::string description(const Plot& plot, const std::vector<Series>& drawable) {
  std::string text = plot.title + ": time against message size, both logarithmic.";
  for (const auto& series : drawable) {
    text += fmt::format(" {}: {} points.", series.label, series.points.size());
  }
  return text;
}

}  // namespace

bool can_draw(const PlotPoint& p) { return fits_axis(p.size.si()) && fits_axis(p.time.si()); }

std::string svg_plot(const Plot& plot) {
  const std::vector<Series> drawable = drawable_series(plot);
  Figure figure{plot.title, description(plot, drawable), kFrame.left, kFrame.top * 2, ""};
  if (drawable.empty()) {
    add_line(figure.body,
             R"(<text x="{}" y="{}">nothing that a logarithmic axis can show</text>)",
             kFrame.left,
             kFrame.top + 12);
    return svg(figure);
  }
  const Axes axes = axes_of(drawable);
  draw_axes(figure.body, axes);
  for (const auto& series : drawable) {
    draw_series(figure.body, series, axes);
  }
  figure.height =
      14 +
      draw_legend(figure.body, legend(drawable), {kFrame.left, kLegendBaseline, kLegendSample});
  return svg(figure);
}

}  // namespace fabricast
