#include "report/figures.hpp"
#include "report/html_sections.hpp"
#include "report/html_table.hpp"
#include "report/html_text.hpp"
#include "report/measurement_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast::html {

namespace {

constexpr std::string_view kHowToRead =
    "Points are medians, bars their 95 % intervals; a line is the model fitted to this machine, "
    "with "
    "its band. Rows with wrong results, and what was measured at one size only, are in the table "
    "alone.";

bool same_run(const Origin& a, const Origin& b) {
  return a.command_line == b.command_line && a.fabricast == b.fabricast && a.host == b.host &&
         a.machine == b.machine && a.cores == b.cores && a.versions == b.versions;
}

std::vector<Origin> distinct_runs(const std::vector<Record>& records) {
  std::vector<Origin> runs;
  for (const auto& r : records) {
    const bool known = std::any_of(
        runs.begin(), runs.end(), [&](const Origin& o) { return same_run(o, r.origin); });
    if (!known) {
      runs.push_back(r.origin);
    }
  }
  return runs;
}

std::string definition(std::string_view term, const std::string& text) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape(term), escape(text));
}

std::string run_as_list(const Origin& origin) {
  std::string out = fmt::format("<pre><code>{}</code></pre>\n<dl>\n", escape(origin.command_line));
  out += definition("started", origin.time_utc);
  out += definition("host", origin.host);
  out += definition("machine",
                    fmt::format("{}; {} processors for the ranks", origin.machine, origin.cores));
  out += definition("fabricast", origin.fabricast);
  for (const auto& [library, version] : origin.versions) {
    out += definition(library, version);
  }
  return out + "</dl>\n";
}

}  // namespace

std::string measured_curves(const HtmlReport& report) {
  std::string out;
  for (const auto& plot : measured_plots(report.records, report.fits)) {
    out += figure(svg_plot(plot), "");
  }
  return out.empty()
             ? nothing("No curve: nothing was measured at two sizes or more.")
             : fmt::format("<p>{}</p>\n<div class=\"figures\">\n{}</div>\n", kHowToRead, out);
}

std::string measured_rows(const HtmlReport& report) {
  Footnotes footnotes;
  std::string out;
  for (const auto& group : group_records(report.records)) {
    out += html_table(measurement_table(group, footnotes), "Measured: " + heading(group));
  }
  return out.empty() ? nothing("Nothing was measured.") : out + html_footnotes(footnotes);
}

std::string reproduce(const HtmlReport& report) {
  std::string out;
  for (const auto& origin : distinct_runs(report.records)) {
    out += run_as_list(origin);
  }
  return out.empty() ? nothing("No measurement to repeat.") : out;
}

}  // namespace fabricast::html
