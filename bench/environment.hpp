// Settings of the environment that steer a backend, for records.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fabricast {

/// Those of the backend that are set on this process, by name. No others: an environment holds what
/// is nobody's business.
std::map<std::string, std::string> recorded_environment(std::string_view backend);

}  // namespace fabricast
