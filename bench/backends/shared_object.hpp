// Entry points of a shared object that is opened at run time.
#pragma once

#include <type_traits>

namespace fabricast {

/// Puts `address` into a table of function pointers: store<&Api::call>.
template <auto Member, typename Api>
void store(Api& api, void* address) {
  api.*Member = reinterpret_cast<std::remove_reference_t<decltype(api.*Member)>>(address);
}

/// The file that `variable` of the environment names, else `usual`.
const char* named_library(const char* variable, const char* usual);

}  // namespace fabricast
