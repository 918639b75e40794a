#include "report/html_text.hpp"

#include "report/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fabricast {

namespace {

struct Entity {
  char32_t character;
  std::string_view text;
};
constexpr std::array kEntities{
    Entity{'&',  "&amp;" },
    Entity{'<',  "&lt;"  },
    Entity{'>',  "&gt;"  },
    Entity{'"',  "&quot;"},
    Entity{'\'', "&#39;" },
    Entity{'\n', "\n"    },
    Entity{'\t', "\t"    },
};

constexpr std::array<std::string_view, 2> kSchemes{"https://", "http://"};

bool is_link(std::string_view text) {
  return std::any_of(kSchemes.begin(), kSchemes.end(), [&](std::string_view scheme) {
    return text.size() > scheme.size() && text.substr(0, scheme.size()) == scheme;
  });
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    const auto* const entity =
        std::find_if(kEntities.begin(), kEntities.end(), [c](const Entity& e) {
          return e.character == c.value;
        });
    if (entity != kEntities.end()) {
      out += entity->text;
    } else if (is_unprintable(c.value) || c.value == U'\uFFFD') {
      out += "\uFFFD";
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  return out;
}

std::string linked(std::string_view text) {
  if (!is_link(text)) {
    return escape(text);
  }
  const std::string_view address = text.substr(0, text.find_first_of(" \t\n,;<>\"'"));
  return fmt::format(R"(<a href="{0}" rel="noopener noreferrer">{0}</a>{1})",
                     escape(address),
                     escape(text.substr(address.size())));
}

}  // namespace fabricast
