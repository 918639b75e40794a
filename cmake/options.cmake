# fabricast_options: what every target of this project is compiled with. Linked PRIVATE, so that
# nothing leaks into a program that uses our libraries.
add_library(fabricast_options INTERFACE)
target_include_directories(fabricast_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(fabricast_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-align -Woverloaded-virtual -Wsign-conversion>
  # GCC 12 sees impossible overlaps in its own std::string (gcc.gnu.org/PR105651).
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
if(FABRICAST_SANITIZE)
  target_compile_options(fabricast_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${FABRICAST_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer>)
  target_link_options(fabricast_options INTERFACE -fsanitize=${FABRICAST_SANITIZE})
endif()

# fabricast_quick_to_build(TARGET): code that runs once and is mostly templates of other projects, whose full
# optimisation takes minutes.
function(fabricast_quick_to_build target)
  target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)
endfunction()

# fabricast_precompile(TARGET HEADERS...): large headers of other projects, parsed once per target. Each file
# still includes what it uses: presets tidy and asan build without (GCC 12 cannot read SSE's header back unless it
# optimises).
option(FABRICAST_PRECOMPILE "Parse large headers once per target" ON)
function(fabricast_precompile target)
  if(FABRICAST_PRECOMPILE)
    foreach(header IN LISTS ARGN)
      target_precompile_headers(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:<${header}$<ANGLE-R>>")
    endforeach()
  endif()
endfunction()
