#include "report/html.hpp"

#include "report/append.hpp"
#include "report/html_page.hpp"
#include "report/html_sections.hpp"
#include "report/html_table.hpp"
#include "report/html_text.hpp"

#include <fmt/format.h>

#include <array>
#include <ostream>

namespace fabricast {

namespace html {

std::string nothing(const std::string& text) {
  std::string out;
  add_line(out, R"(<p class="nothing">{}</p>)", escape(text));
  return out;
}

std::string figure(const std::string& svg, const std::string& caption) {
  const std::string below =
      caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>\n", escape(caption));
  return "<figure>\n" + svg + below + "</figure>\n";
}

std::string ladder(const HtmlReport& report) {
  if (report.ladder.empty()) {
    return nothing("No calibration was recorded.");
  }
  Table table;
  table.columns = {
      {"rung",                   "", Content::kWords},
      {"reached here",           "", Content::kWords},
      {"what is measured there", "", Content::kWords},
      {"what stays a prior",     "", Content::kWords}
  };
  for (const auto& rung : report.ladder) {
    table.rows.push_back({rung.rung, rung.reached ? "yes" : "no", rung.measured, rung.prior});
  }
  return html_table(table, "Which inputs this machine could measure");
}

std::string fit_checks(const HtmlReport& report) {
  if (report.fit_checks.empty()) {
    return nothing("No fit was checked.");
  }
  Table table;
  table.columns = {
      {"check",  "", Content::kWords},
      {"result", "", Content::kWords}
  };
  for (const auto& check : report.fit_checks) {
    table.rows.push_back({check.what, check.value});
  }
  return html_table(table, "How well the model describes what was measured");
}

std::string provenance(const HtmlReport& report) {
  if (report.provenance.empty()) {
    return nothing("No inputs were recorded.");
  }
  Table table;
  table.columns = {
      {"input",      "", Content::kWords     },
      {"value",      "", Content::kNumber    },
      {"90 % range", "", Content::kNumber    },
      {"known as",   "", Content::kProvenance},
      {"source",     "", Content::kSource    }
  };
  for (const auto& row : report.provenance) {
    table.rows.push_back(
        {row.input, row.value, row.range, std::string(name(row.provenance)), row.source});
  }
  std::string out = html_table(table, "Every input of the model, with its origin") + "<dl>\n";
  for (const auto& kind : kProvenances) {
    out += fmt::format(
        "<dt>{}</dt><dd>{}</dd>\n", badge(std::string(kind.name)), escape(kind.meaning));
  }
  return out + "</dl>\n";
}

}  // namespace html

namespace {

struct Section {
  std::string_view id;
  std::string_view title;
  std::string (*body)(const HtmlReport&);
};
constexpr std::array kSections{
    Section{"about",      "What this is",                html::about          },
    Section{"curves",     "Measured curves",             html::measured_curves},
    Section{"forecasts",  "Forecasts",                   html::forecasts      },
    Section{"ladder",     "Calibration ladder",          html::ladder         },
    Section{"fit",        "Fit check",                   html::fit_checks     },
    Section{"provenance", "Where the numbers come from", html::provenance     },
    Section{"rows",       "Measured rows",               html::measured_rows  },
    Section{"reproduce",  "How to reproduce",            html::reproduce      },
    Section{"unknown",    "What is unknown",             html::unknown        },
};

}  // namespace

void write_html(std::ostream& out, const HtmlReport& report) {
  std::vector<PageSection> sections;
  for (const auto& section : kSections) {
    sections.push_back({std::string(section.id), std::string(section.title), section.body(report)});
  }
  write_page(out, report.title, sections);
}

}  // namespace fabricast
