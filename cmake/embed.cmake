# fabricast_embed(TARGET NAME NAMESPACE <ns> FILES <files...>)
# Puts text files into the binary, so that one executable carries its clusters and constants.
# Generates <ns>_files.hpp/.cpp: `const std::vector<EmbeddedFile>& <ns>_files()` in namespace fabricast,
# each entry {name (file name without folder), text}.
function(fabricast_embed target ns)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "FILES")
  set(dir ${PROJECT_BINARY_DIR}/generated/embedded)
  set(inputs "")
  foreach(file IN LISTS arg_FILES)
    get_filename_component(path ${file} ABSOLUTE)
    list(APPEND inputs ${path})
  endforeach()
  add_custom_command(
    OUTPUT ${dir}/${ns}_files.hpp ${dir}/${ns}_files.cpp
    COMMAND ${CMAKE_COMMAND} -DNS=${ns} -DDIR=${dir} "-DFILES=${inputs}" -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
    COMMENT "Embedding ${ns} files" VERBATIM)
  target_sources(${target} PRIVATE ${dir}/${ns}_files.cpp ${dir}/${ns}_files.hpp)
endfunction()
