// A table of strings as an HTML table.
#pragma once

#include "report/table.hpp"

#include <string>

namespace fabricast {

/// Cells and caption are escaped; sources that are http(s) addresses become links. Scrolls sideways
/// where the page is narrow.
std::string html_table(const Table& table, const std::string& caption);

/// "[1] text" remarks as a list.
std::string html_footnotes(const Footnotes& footnotes);

/// A word of kProvenances as a badge, any other text as it is.
std::string badge(const std::string& provenance);

}  // namespace fabricast
