// A text file that the build put into the binary (cmake/embed.cmake).
#pragma once

#include <string>

namespace fabricast {

struct EmbeddedFile {
  std::string name;  // file name without its folder
  std::string text;
};

}  // namespace fabricast
