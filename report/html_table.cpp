#include "report/html_table.hpp"

#include "core/provenance.hpp"
#include "report/append.hpp"
#include "report/html_text.hpp"

#include <fmt/format.h>

#include <array>

namespace fabricast {

namespace {

struct CellStyle {
  Content content;
  std::string_view css;
  std::string (*markup)(const std::string&);
};
std::string plain(const std::string& text) { return escape(text); }
std::string source(const std::string& text) { return linked(text); }
constexpr std::array kCellStyles{
    CellStyle{Content::kNumber,     "number", plain },
    CellStyle{Content::kWords,      "words",  plain },
    CellStyle{Content::kSource,     "source", source},
    CellStyle{Content::kProvenance, "words",  badge },
};
const CellStyle& style(const Column& column) {
  return kCellStyles[static_cast<std::size_t>(column.content)];
}

std::string header_cell(const Column& column) {
  const std::string unit =
      column.unit.empty() ? ""
                          : fmt::format(R"( <span class="unit">{}</span>)", escape(column.unit));
  return fmt::format(
      R"(<th scope="col" class="{}">{}{}</th>)", style(column).css, escape(column.name), unit);
}

std::string body_row(const Table& table, const std::vector<std::string>& row) {
  std::string out = "<tr>";
  for (std::size_t c = 0; c < row.size(); ++c) {
    const CellStyle& cell = style(table.columns[c]);
    const std::string_view tag = c == 0 ? R"(th scope="row")" : "td";
    out += fmt::format(
        R"(<{} class="{}">{}</{}>)", tag, cell.css, cell.markup(row[c]), c == 0 ? "th" : "td");
  }
  return out + "</tr>\n";
}

}  // namespace

std::string html_table(const Table& table, const std::string& caption) {
  std::string out = fmt::format(R"(<div class="scroll" role="region" tabindex="0" aria-label="{0}">
<table>
<caption>{0}</caption>
<thead><tr>)",
                                escape(caption));
  for (const auto& column : table.columns) {
    out += header_cell(column);
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += body_row(table, row);
  }
  return out + "</tbody>\n</table>\n</div>\n";
}

std::string html_footnotes(const Footnotes& footnotes) {
  if (footnotes.texts().empty()) {
    return "";
  }
  std::string out;
  add_line(out, R"(<ul class="footnotes">)");
  for (std::size_t i = 0; i < footnotes.texts().size(); ++i) {
    add_line(out, "<li>[{}] {}</li>", i + 1, escape(footnotes.texts()[i]));
  }
  return out + "</ul>\n";
}

std::string badge(const std::string& provenance) {
  return find_provenance(provenance)
             ? fmt::format(R"(<span class="badge {0}">{0}</span>)", provenance)
             : escape(provenance);
}

}  // namespace fabricast
