#include "tests/report/markup.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

namespace fabricast::test {

namespace {

const std::set<std::string> kVoid{"meta", "!DOCTYPE"};

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ':';
}

std::string take_name(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_name);
  std::string name(text.begin(), end);
  text.remove_prefix(name.size());
  return name;
}

bool take(std::string_view& text, std::string_view what) {
  const bool there = text.substr(0, what.size()) == what;
  text.remove_prefix(there ? what.size() : 0);
  return there;
}

// name="value", or a name alone.
bool take_attribute(std::string_view& text, Tag& tag) {
  const std::string name = take_name(text);
  if (tag.attributes.count(name) != 0) {
    return false;
  }
  if (!take(text, "=")) {
    tag.attributes[name] = "";
    return !name.empty();
  }
  const bool opened = take(text, "\"");
  const auto end = text.find('"');
  if (name.empty() || !opened || end == std::string_view::npos) {
    return false;
  }
  tag.attributes[name] = text.substr(0, end);
  text.remove_prefix(end + 1);
  return tag.attributes[name].find('<') == std::string::npos;
}

/// `text` is what stands between < and >.
bool read_tag(std::string_view text, Tag& tag) {
  tag.name = take(text, "/") ? "/" : take(text, "!") ? "!" : "";
  tag.name += take_name(text);
  while (take(text, " ")) {
    if (!take_attribute(text, tag)) {
      return false;
    }
  }
  return text.empty() || text == "/";
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
    if (!nest(open, tag, text.ends_with('/'))) {
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
