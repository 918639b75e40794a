#include "bench/backends/shared_object.hpp"

#include <cstdlib>

namespace fabricast {

const char* named_library(const char* variable, const char* usual) {
  const char* named = std::getenv(variable);
  return named != nullptr && *named != '\0' ? named : usual;
}

}  // namespace fabricast
