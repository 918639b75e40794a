// A strict reader of the HTML that report/ writes: tags, attributes, nesting.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace fabricast::test {

struct Tag {
  std::string name;  // "/p" for an end tag
  std::map<std::string, std::string> attributes;
};

struct Markup {
  std::vector<Tag> tags;
  std::string
      error;  // "" for text in which every '<' starts a tag and every element is closed in order
};

/// The contents of <style> are skipped. Attributes must have values in double quotes.
Markup read_markup(const std::string& html);

}  // namespace fabricast::test
