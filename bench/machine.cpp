#include "bench/machine.hpp"

#include <fstream>
#include <limits>
#include <sys/utsname.h>
#include <unistd.h>

namespace fabricast {

namespace {

// The value behind the first "key<separators>value" line of a file of such lines, or "".
std::string value_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key, 0) == 0) {
      const auto start = line.find_first_not_of("\t :=\"", key.size());
      const auto end = line.find_last_not_of("\" \t");
      return start == std::string::npos ? "" : line.substr(start, end - start + 1);
    }
  }
  return "";
}

}  // namespace

std::string processor_name() {
  const std::string model = value_of("/proc/cpuinfo", "model name");
  utsname system{};
  uname(&system);
  return model.empty() ? std::string(system.machine) + " processor" : model;
}

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

std::uint64_t available_memory() {
  const std::string kilobytes = value_of("/proc/meminfo", "MemAvailable");
  try {
    return std::stoull(kilobytes) * 1024;
  } catch (const std::exception&) {
    return std::numeric_limits<std::uint64_t>::max();  // unknown: do not refuse
  }
}

std::string operating_system() {
  utsname system{};
  uname(&system);
  return value_of("/etc/os-release", "PRETTY_NAME") + ", " + system.sysname + " " + system.release;
}

}  // namespace fabricast
