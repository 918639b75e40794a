#include "tests/report/markup.hpp"

#include <regex>
#include <set>

namespace fabricast::test {

namespace {

const std::set<std::string> kVoid{"meta", "!DOCTYPE"};

bool read_tag(const std::string& text, Tag& tag) {
  static const std::regex kTag(
      R"re(^(/?[A-Za-z0-9!]+)((?:\s+[A-Za-z:-]+(?:="[^"<>]*")?)*)\s*/?$)re");
  static const std::regex kAttribute(R"re(([A-Za-z:-]+)="([^"]*)")re");
  std::smatch parts;
  if (!std::regex_match(text, parts, kTag)) {
    return false;
  }
  tag.name = parts[1];
  const std::string attributes = parts[2];
  for (std::sregex_iterator i(attributes.begin(), attributes.end(), kAttribute), end; i != end;
       ++i) {
    tag.attributes[(*i)[1]] = (*i)[2];
  }
  return true;
}

bool nest(std::vector<std::string>& open, const Tag& tag, bool self_closed) {
  if (tag.name[0] != '/') {
    if (!self_closed && kVoid.count(tag.name) == 0) {
      open.push_back(tag.name);
    }
    return true;
  }
  if (open.empty() || open.back() != tag.name.substr(1)) {
    return false;
  }
  open.pop_back();
  return true;
}

}  // namespace

Markup read_markup(const std::string& html) {
  Markup markup;
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::string text = html.substr(at + 1, html.find('>', at) - at - 1);
    Tag tag;
    if (!read_tag(text, tag)) {
      markup.error = "not a tag: <" + text.substr(0, 200);
      return markup;
    }
    if (!nest(open, tag, text.back() == '/')) {
      markup.error = "closes what is not open: <" + text;
      return markup;
    }
    if (tag.name == "style") {
      at = html.find("</style>", at) - 1;
    }
    markup.tags.push_back(std::move(tag));
  }
  markup.error = open.empty() ? "" : "never closed: " + open.back();
  return markup;
}

}  // namespace fabricast::test
