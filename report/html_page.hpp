// The frame of a self-contained page: title, navigation, sections, style. No script, no network.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace fabricast {

struct PageSection {
  std::string id;
  std::string title;
  std::string body;  // HTML, with everything from outside escaped
};

void write_page(std::ostream& out,
                const std::string& title,
                const std::vector<PageSection>& sections);

}  // namespace fabricast
