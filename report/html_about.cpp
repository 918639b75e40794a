#include "report/append.hpp"
#include "report/html_sections.hpp"
#include "report/html_text.hpp"
#include "report/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace fabricast::html {

namespace {

struct Tile {
  std::string value;
  std::string label;
  std::string_view tone;  // "good", "bad" or "plain"; the label says it in words too
};

std::string ranks(int n) { return format_count(static_cast<std::uint64_t>(std::max(n, 0))); }

template <typename Items, typename Read>
std::set<std::string> distinct(const Items& items, Read read) {
  std::set<std::string> all;
  for (const auto& item : items) {
    all.insert(std::string(read(item)));
  }
  return all;
}

std::uint64_t wrong_elements(const HtmlReport& report) {
  std::uint64_t sum = 0;
  for (const auto& r : report.records) {
    sum += r.wrong_elements;
  }
  return sum;
}

int most_ranks(const HtmlReport& report) {
  int most = 0;
  for (const auto& r : report.records) {
    most = std::max(most, r.ranks);
  }
  return most;
}

std::size_t precise_rows(const HtmlReport& report) {
  return static_cast<std::size_t>(
      std::count_if(report.records.begin(), report.records.end(), [](const Record& r) {
        return r.valid() && r.stopped_by == StopReason::kPrecise;
      }));
}

std::vector<Prediction> all_predictions(const HtmlReport& report) {
  std::vector<Prediction> all;
  for (const auto& f : report.forecasts) {
    all.insert(all.end(), f.predictions.begin(), f.predictions.end());
  }
  return all;
}

double furthest(const std::vector<Prediction>& predictions) {
  double ratio = 0;
  for (const auto& p : predictions) {
    ratio = std::max(ratio, p.extrapolation.ratio);
  }
  return ratio;
}

Provenance weakest(const std::vector<Prediction>& predictions) {
  Provenance worst = Provenance::kMeasured;
  for (const auto& p : predictions) {
    worst = std::max(worst, p.provenance);
  }
  return worst;
}

std::string measured_sentence(const HtmlReport& report) {
  if (report.records.empty()) {
    return "Nothing was measured for this page.";
  }
  const auto collectives =
      distinct(report.records, [](const Record& r) { return name(r.collective); });
  const auto hosts = distinct(report.records, [](const Record& r) { return r.origin.host; });
  const std::uint64_t wrong = wrong_elements(report);
  const std::string verdict =
      wrong == 0 ? "none was wrong"
                 : format_count(wrong) + " were WRONG, and their rows count for nothing";
  return fmt::format(
      "Measured here: {} rows of {} with up to {} ranks on {}; every element of every result was "
      "checked, and {}.",
      format_count(report.records.size()),
      fmt::join(collectives, ", "),
      ranks(most_ranks(report)),
      fmt::join(hosts, ", "),
      verdict);
}

std::string forecast_sentence(const HtmlReport& report) {
  if (report.forecasts.empty()) {
    return "Nothing is forecast on this page.";
  }
  const auto what = distinct(report.forecasts, [](const Forecast& f) {
    return fmt::format("{} on {} ranks of {}", name(f.collective), ranks(f.ranks), f.cluster);
  });
  return fmt::format("Forecast by a model, not measured: {}.", fmt::join(what, "; "));
}

std::string certainty_sentence(const HtmlReport& report) {
  const auto predictions = all_predictions(report);
  if (predictions.empty()) {
    return "How sure: each measured median carries the 95 % interval that its samples allow.";
  }
  return fmt::format(
      "How sure: 90 % of outcomes are expected within a forecast's band; its weakest main input is "
      "of the kind '{}', and the furthest forecast reaches {} times beyond the ranks that its "
      "constants come from.",
      name(weakest(predictions)),
      format_number(furthest(predictions), 2));
}

Tile wrong_tile(std::uint64_t wrong) {
  return wrong == 0 ? Tile{"0", "wrong elements: all results right", "good"}
                    : Tile{format_count(wrong), "WRONG elements", "bad"};
}

std::vector<Tile> measured_tiles(const HtmlReport& report) {
  if (report.records.empty()) {
    return {
        {"0", "rows measured", "plain"}
    };
  }
  const std::string rows = format_count(report.records.size());
  const std::string precise = fmt::format("{} of {}", precise_rows(report), rows);
  return {
      {rows,                      "rows measured",          "plain"},
      wrong_tile(wrong_elements(report)),
      {precise,                   "medians known to ±2 %", "plain"},
      {ranks(most_ranks(report)), "most ranks measured",    "plain"},
  };
}

std::vector<Tile> tiles(const HtmlReport& report) {
  std::vector<Tile> all = measured_tiles(report);
  const auto predictions = all_predictions(report);
  if (!predictions.empty()) {
    all.push_back({format_count(predictions.size()), "times forecast", "plain"});
    all.push_back({format_number(furthest(predictions), 2) + "×",
                   "furthest beyond the calibrated ranks",
                   "plain"});
  }
  return all;
}

}  // namespace

std::string about(const HtmlReport& report) {
  std::string out;
  for (const auto& sentence :
       {measured_sentence(report), forecast_sentence(report), certainty_sentence(report)}) {
    out += fmt::format("<p>{}</p>\n", escape(sentence));
  }
  add_line(out, R"(<ul class="tiles">)");
  for (const auto& tile : tiles(report)) {
    add_line(out,
             R"(<li class="{}"><strong>{}</strong> {}</li>)",
             tile.tone,
             escape(tile.value),
             escape(tile.label));
  }
  return out + "</ul>\n";
}

}  // namespace fabricast::html
