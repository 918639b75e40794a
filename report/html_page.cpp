#include "report/html_page.hpp"

#include "report/append.hpp"
#include "report/html_text.hpp"

#include <fmt/format.h>

#include <ostream>

#include "embedded/report_files.hpp"

namespace fabricast {

namespace {

std::string style_sheet() {
  std::string text;
  for (const auto& file : report_files()) {
    text += file.text;
  }
  return text;
}

std::string navigation(const std::vector<PageSection>& sections) {
  std::string out;
  add_line(out, R"(<nav aria-label="sections"><ul>)");
  for (const auto& section : sections) {
    add_line(out, R"(<li><a href="#{}">{}</a></li>)", section.id, section.title);
  }
  return out + "</ul></nav>\n";
}

}  // namespace

void write_page(std::ostream& out,
                const std::string& title,
                const std::vector<PageSection>& sections) {
  // The policy forbids every load and script, even if a string from outside got through unescaped.
  out << fmt::format(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<style>
{1}</style>
</head>
<body>
<header>
<h1>{0}</h1>
{2}</header>
<main>
)",
                     escape(title),
                     style_sheet(),
                     navigation(sections));
  for (const auto& section : sections) {
    out << fmt::format(R"(<section id="{0}" aria-labelledby="{0}-title">
<h2 id="{0}-title">{1}</h2>
)",
                       section.id,
                       section.title)
        << section.body << "</section>\n";
  }
  out << "</main>\n</body>\n</html>\n";
}

}  // namespace fabricast
