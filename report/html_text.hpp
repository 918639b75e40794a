// Text from outside made safe for HTML and for the SVG inside it.
#pragma once

#include <string>
#include <string_view>

namespace fabricast {

/// For element content and for attribute values in quotes: & < > " ' are escaped; control
/// characters and bytes that are not UTF-8 become U+FFFD.
std::string escape(std::string_view text);

/// The text, its leading http(s) address as a link that tells the target nothing (noopener,
/// noreferrer).
std::string linked(std::string_view text);

}  // namespace fabricast
