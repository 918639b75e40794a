// The sections of report.html: each makes its HTML from the data, with everything escaped.
#pragma once

#include "report/html.hpp"

#include <string>

namespace fabricast::html {

/// What was measured, what is forecast, how sure; and the verdict tiles.
std::string about(const HtmlReport& report);
std::string measured_curves(const HtmlReport& report);
std::string forecasts(const HtmlReport& report);
std::string ladder(const HtmlReport& report);
std::string fit_checks(const HtmlReport& report);
std::string provenance(const HtmlReport& report);
std::string measured_rows(const HtmlReport& report);
std::string reproduce(const HtmlReport& report);
std::string unknown(const HtmlReport& report);

/// A paragraph for a section that has no data: nothing is dropped without a word.
std::string nothing(const std::string& text);
/// The SVG in a figure with its caption below.
std::string figure(const std::string& svg, const std::string& caption);

}  // namespace fabricast::html
