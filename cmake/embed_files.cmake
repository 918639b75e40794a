# Script half of embed.cmake: -DNS= -DDIR= -DFILES=a;b
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  # A string literal is limited to 64 KiB by the standard's minimum and by some compilers.
  set(pieces "")
  string(LENGTH "${text}" length)
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND pieces "R\"~~~~(${piece})~~~~\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND entries "      {\"${name}\", ${pieces}},\n")
endforeach()
file(WRITE ${DIR}/${NS}_files.hpp
"#pragma once
#include \"core/embedded_file.hpp\"
#include <vector>
namespace fabricast {
const std::vector<EmbeddedFile>& ${NS}_files();
}
")
file(WRITE ${DIR}/${NS}_files.cpp
"#include \"embedded/${NS}_files.hpp\"
namespace fabricast {
const std::vector<EmbeddedFile>& ${NS}_files() {
  static const std::vector<EmbeddedFile> files{
${entries}  };
  return files;
}
}  // namespace fabricast
")
