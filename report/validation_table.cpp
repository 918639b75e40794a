#include "report/validation_table.hpp"

#include "model/fit/scorecard.hpp"
#include "report/html_page.hpp"
#include "report/html_sections.hpp"
#include "report/html_table.hpp"
#include "report/html_text.hpp"
#include "report/number.hpp"
#include "report/svg_plot.hpp"
#include "report/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ostream>

namespace fabricast {

namespace {

using nlohmann::json;

struct SettingRow {
  const char* key;
  const char* title;
  const std::vector<JudgedPoint> Validation::*points;
  bool knows_scales;
};
constexpr std::array kSettings{
    SettingRow{"cold",   "Cold: the whole system left out of the fit",       &Validation::cold,   false},
    SettingRow{"warm",
               "Warm: its smallest node counts known, the larger predicted", &Validation::warm,
               true                                                                                    },
    SettingRow{"fitted", "Fitted: everything known",                         &Validation::fitted, false},
};

constexpr const char* kNoiseFloor =
    "error of the best curve through the points on which more bytes are never faster";

std::string percent(double log_error) { return fmt::format("{:.0f}", 100 * std::expm1(log_error)); }

std::string errors(const ErrorScore& s) {
  return s.points == 0 ? std::string(kNoNumber) : percent(s.median) + " / " + percent(s.p90);
}

Table table(const std::vector<ScoreLine>& lines, bool knows_scales) {
  Table table;
  table.columns = {
      {"part",            "",  Content::kWords,  9},
      {"points",          "",  Content::kNumber, 7},
      {"fabricast",       "%", Content::kNumber, 9},
      {"inside interval", "",  Content::kNumber, 8},
      {"noise floor",     "%", Content::kNumber, 7},
  };
  for (std::size_t b = 0; b < kBaselines.size(); ++b) {
    if (knows_scales || !kBaselines[b].needs_known_scales) {
      table.columns.push_back({std::string(kBaselines[b].name),
                               "%",
                               Content::kNumber,
                               static_cast<int>(kBaselines.size() - b)});
    }
  }
  for (const ScoreLine& line : lines) {
    std::vector<std::string> row{line.part,
                                 std::to_string(line.model.points),
                                 errors(line.model),
                                 fmt::format("{:.0f} %", 100 * line.model.coverage),
                                 errors(line.floor)};
    for (std::size_t b = 0; b < kBaselines.size(); ++b) {
      if (knows_scales || !kBaselines[b].needs_known_scales) {
        row.push_back(errors(line.baselines[b]));
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

json score_json(const ErrorScore& s) {
  if (s.points == 0) {
    return nullptr;
  }
  return {
      {"points",           s.points                  },
      {"median_error_pct", 100 * std::expm1(s.median)},
      {"p90_error_pct",    100 * std::expm1(s.p90)   },
  };
}

json lines_json(const std::vector<ScoreLine>& lines) {
  json list = json::array();
  for (const ScoreLine& line : lines) {
    const std::string part = line.part.substr(line.part.find_first_not_of(' '));
    json object{
        {"part",        part                  },
        {"model",       score_json(line.model)},
        {"coverage",    line.model.coverage   },
        {"noise_floor", score_json(line.floor)}
    };
    for (std::size_t b = 0; b < kBaselines.size(); ++b) {
      object["baselines"][std::string(kBaselines[b].name)] = score_json(line.baselines[b]);
    }
    list.push_back(std::move(object));
  }
  return list;
}

PlotPoint measured(const JudgedPoint& p) {
  const Seconds time(std::exp(p.measured));
  return {p.message, time, time, time, "published: " + format_time(time)};
}

PlotPoint forecast(const JudgedPoint& p) {
  const Seconds time(std::exp(p.predicted));
  const Seconds low(std::exp(p.low));
  const Seconds high(std::exp(p.high));
  return {p.message,
          time,
          low,
          high,
          fmt::format("forecast: {} ({})", format_time(time), format_time_range(low, high))};
}

// One plot for each system, collective and communicator.
std::string plots(const std::vector<JudgedPoint>& points) {
  std::map<std::string, Plot> by_curve;
  for (const JudgedPoint& p : points) {
    const auto& layout = p.curve->setting.layout;
    Plot& plot = by_curve[fmt::format("{}: {}, {:5} ranks, {} per node",
                                      p.curve->system,
                                      name(p.curve->collective),
                                      layout.ranks,
                                      layout.per_node)];
    if (plot.series.empty()) {
      plot.series = {
          {"published", SeriesKind::kMeasured, 0, {}},
          {"forecast",  SeriesKind::kForecast, 1, {}}
      };
    }
    plot.series[0].points.push_back(measured(p));
    plot.series[1].points.push_back(forecast(p));
  }
  std::string out;
  for (auto& [title, plot] : by_curve) {
    plot.title = title;
    for (auto& series : plot.series) {
      std::sort(series.points.begin(), series.points.end(), [](const auto& a, const auto& b) {
        return a.size < b.size;
      });
    }
    out += html::figure(svg_plot(plot), "");
  }
  return out;
}

std::string meanings() {
  std::string out = fmt::format("<dl>\n<dt>noise floor</dt><dd>{}</dd>\n", kNoiseFloor);
  for (const auto& baseline : kBaselines) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n",
                       escape(std::string(baseline.name)),
                       escape(std::string(baseline.meaning)));
  }
  return out + "</dl>\n";
}

}  // namespace

void write_validation(std::ostream& out, const Validation& validation) {
  out << "errors: median / 90th percentile of |ln(forecast / published)|, in percent\n";
  for (const auto& setting : kSettings) {
    const auto& points = validation.*setting.points;
    out << '\n' << setting.title << '\n' << render(table(scorecard(points), setting.knows_scales));
  }
  out << "\nCold, each system\n" << render(table(scorecard_by_system(validation.cold), false));
  out << fmt::format("\n{:16} {}\n", "noise floor", kNoiseFloor);
  for (const auto& baseline : kBaselines) {
    out << fmt::format("{:16} {}\n", baseline.name, baseline.meaning);
  }
}

json to_json(const Validation& validation) {
  json object{
      {"schema", "fabricast.validation/1"}
  };
  for (const auto& setting : kSettings) {
    const auto& points = validation.*setting.points;
    object[setting.key] = {
        {"parts",   lines_json(scorecard(points))          },
        {"systems", lines_json(scorecard_by_system(points))}
    };
  }
  return object;
}

void write_validation_html(std::ostream& out, const Validation& validation) {
  std::vector<PageSection> sections{
      {"baselines", "What the model is compared with", meanings()}
  };
  for (const auto& setting : kSettings) {
    const auto& points = validation.*setting.points;
    const std::string key = setting.key;
    sections.push_back(
        {key,
         setting.title,
         html_table(table(scorecard(points), setting.knows_scales),
                    "Median / 90th percentile of the error, in percent") +
             html_table(table(scorecard_by_system(points), setting.knows_scales), "Each system")});
    sections.push_back({key + "-plots", "Plots, " + key, plots(points)});
  }
  write_page(out, "fabricast: forecasts against published measurements", sections);
}

}  // namespace fabricast
