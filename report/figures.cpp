#include "report/figures.hpp"

#include "core/size.hpp"
#include "report/forecast_table.hpp"
#include "report/number.hpp"
#include "report/record_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace fabricast {

namespace {

bool belongs(const FittedCurve& fit, Collective collective, int ranks) {
  return fit.collective == collective && fit.ranks == ranks;
}

// Colours and markers by name: what is measured and what is fitted to it share one.
class Styles {
 public:
  int of(const std::string& algorithm) {
    auto found = std::find(names_.begin(), names_.end(), algorithm);
    if (found == names_.end()) {
      found = names_.insert(names_.end(), algorithm);
    }
    return static_cast<int>(found - names_.begin());
  }

 private:
  std::vector<std::string> names_;
};

PlotPoint measured_point(const Record& r) {
  const Summary s = r.summary();
  const auto interval = format_time_range(microseconds(s.low), microseconds(s.high), 4);
  return {r.message(),
          microseconds(s.median),
          microseconds(s.low),
          microseconds(s.high),
          fmt::format("measured, {}, {}: median {}, {} {}, n {}",
                      variant(r),
                      format_size(r.bytes),
                      format_time(microseconds(s.median), 4),
                      s.interval_reached ? "95 % interval" : "minimum to maximum",
                      interval,
                      s.n)};
}

// A row with wrong results is in the table, with its warning; a point would make it look like a
// time.
std::vector<Series> measured_series(const RecordGroup& group, Styles& styles) {
  std::vector<Series> all;
  for (const Record* record : group.rows) {
    if (!record->valid()) {
      continue;
    }
    const int style = styles.of(variant(*record));
    if (static_cast<std::size_t>(style) == all.size()) {
      all.push_back({"measured: " + variant(*record), SeriesKind::kMeasured, style, {}});
    }
    all[static_cast<std::size_t>(style)].points.push_back(measured_point(*record));
  }
  return all;
}

// The time of a band's edge at point i; the line itself where the band is missing.
Seconds edge(const std::vector<std::pair<Bytes, Seconds>>& band,
             const FittedCurve& fit,
             std::size_t i) {
  return band.size() == fit.points.size() ? band[i].second : fit.points[i].second;
}

Series fitted_series(const FittedCurve& fit, int style) {
  Series series{"model: " + fit.label, SeriesKind::kFitted, style, {}};
  for (std::size_t i = 0; i < fit.points.size(); ++i) {
    const auto& [size, time] = fit.points[i];
    series.points.push_back({size, time, edge(fit.low, fit, i), edge(fit.high, fit, i), ""});
  }
  return series;
}

// A fit has the style of the first measured series with its algorithm, whatever the backend.
int style_of_fit(const FittedCurve& fit, const RecordGroup& group, Styles& styles) {
  for (const Record* record : group.rows) {
    if (record->valid() &&
        (record->algorithm == fit.algorithm || variant(*record) == fit.algorithm)) {
      return styles.of(variant(*record));
    }
  }
  return styles.of(fit.label + "/" + fit.algorithm);
}

std::size_t sizes_to_draw(const RecordGroup& group) {
  std::set<std::uint64_t> sizes;
  for (const Record* record : group.rows) {
    if (record->valid() && can_draw(measured_point(*record))) {
      sizes.insert(record->bytes);
    }
  }
  return sizes.size();
}

Plot group_plot(const RecordGroup& group, const std::vector<FittedCurve>& fits) {
  Styles styles;
  Plot plot{"Measured: " + heading(group), measured_series(group, styles)};
  for (const auto& fit : fits) {
    if (belongs(fit, group.collective, group.ranks)) {
      plot.series.push_back(fitted_series(fit, style_of_fit(fit, group, styles)));
    }
  }
  return plot;
}

bool has_fit(const std::vector<FittedCurve>& fits, const RecordGroup& group) {
  return std::any_of(fits.begin(), fits.end(), [&](const FittedCurve& fit) {
    return belongs(fit, group.collective, group.ranks);
  });
}

bool has_group(const std::vector<RecordGroup>& groups, const FittedCurve& fit) {
  return std::any_of(groups.begin(), groups.end(), [&](const RecordGroup& g) {
    return belongs(fit, g.collective, g.ranks);
  });
}

std::string title_without_records(const FittedCurve& fit) {
  return fmt::format("Model only, nothing measured: {}, {}",
                     name(fit.collective),
                     ranks_text(fit.ranks, fit.ranks));
}

std::vector<Plot> plots_without_records(const std::vector<RecordGroup>& groups,
                                        const std::vector<FittedCurve>& fits) {
  std::vector<Plot> plots;
  for (const auto& fit : fits) {
    if (has_group(groups, fit)) {
      continue;
    }
    const std::string title = title_without_records(fit);
    auto plot =
        std::find_if(plots.begin(), plots.end(), [&](const Plot& p) { return p.title == title; });
    if (plot == plots.end()) {
      plot = plots.insert(plots.end(), {title, {}});
    }
    plot->series.push_back(fitted_series(fit, static_cast<int>(plot->series.size())));
  }
  return plots;
}

std::string forecast_tooltip(const Prediction& p) {
  return fmt::format("forecast, {}, {}: {}, 90 % interval {}",
                     p.algorithm,
                     format_size(p.bytes),
                     format_time(p.time),
                     format_time_range(p.low, p.high));
}

}  // namespace

std::vector<Plot> measured_plots(const std::vector<Record>& records,
                                 const std::vector<FittedCurve>& fits) {
  const std::vector<RecordGroup> groups = group_records(records);
  std::vector<Plot> plots;
  plots.reserve(groups.size());
  for (const auto& group : groups) {
    if (sizes_to_draw(group) > 1 || has_fit(fits, group)) {
      plots.push_back(group_plot(group, fits));
    }
  }
  const std::vector<Plot> others = plots_without_records(groups, fits);
  plots.insert(plots.end(), others.begin(), others.end());
  return plots;
}

Plot forecast_plot(const Forecast& forecast) {
  Series line{"forecast with its 90 % interval", SeriesKind::kForecast, 0, {}};
  Series bound{"datasheet bound", SeriesKind::kBound, 5, {}};
  for (const auto& p : forecast.predictions) {
    const Bytes size(static_cast<double>(p.bytes));
    line.points.push_back({size, p.time, p.low, p.high, forecast_tooltip(p)});
    bound.points.push_back({size, p.datasheet_bound, p.datasheet_bound, p.datasheet_bound, ""});
  }
  return {
      "Forecast: " + heading(forecast), {line, bound}
  };
}

StackedBars term_bars(const Forecast& forecast) {
  StackedBars bars{"Forecast: what the time consists of", {}};
  for (const auto& p : forecast.predictions) {
    Bar bar{format_size(p.bytes), format_time(p.time), {}};
    for (const auto& term : p.terms) {
      const double share = p.time.si() > 0 ? term.time.si() / p.time.si() : 0;
      bar.parts.push_back(
          {term.name,
           share,
           fmt::format("{}: {}, {}", term.name, format_time(term.time), format_percent(share))});
    }
    bars.bars.push_back(std::move(bar));
  }
  return bars;
}

}  // namespace fabricast
