#include "tests/fakes/injection.hpp"

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>

namespace fakes {

namespace {

struct Fault {
  std::string call;
  std::int64_t nth = 1;
  char spread = ' ';  // '+', '!' or neither
  int status = 0;
  std::int64_t seen = 0;

  bool strikes(std::string_view name) {
    const bool gone = spread == '!' && seen >= nth;
    if (name == call) {
      ++seen;
    }
    return gone || (name == call && (seen == nth || (spread != ' ' && seen > nth)));
  }
};

std::string text(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

std::vector<Fault> faults_from_environment() {
  std::vector<Fault> list;
  std::istringstream entries(text("FAKE_FAULTS"));
  for (std::string entry; std::getline(entries, entry, ',');) {
    const auto at = entry.find('@');
    const auto equals = entry.find('=');
    list.push_back({entry.substr(0, at),
                    std::stoll(entry.substr(at + 1)),
                    std::isdigit(entry[equals - 1]) != 0 ? ' ' : entry[equals - 1],
                    std::stoi(entry.substr(equals + 1))});
  }
  return list;
}

std::mutex g_mutex;

}  // namespace

std::int64_t number(const char* variable, std::int64_t usual) {
  const std::string value = text(variable);
  return value.empty() ? usual : std::stoll(value);
}

Moment moment(const char* variable) {
  const std::string value = text(variable);
  if (value.empty()) {
    return {};
  }
  const auto at = value.find('@');
  return {std::stoll(value), at == std::string::npos ? 0 : std::stoll(value.substr(at + 1))};
}

void note(std::string_view line) {
  static const std::string file = text("FAKE_LOG");
  if (!file.empty()) {
    const std::lock_guard lock(g_mutex);
    std::ofstream(file, std::ios::app) << (std::string(line) + '\n');
  }
}

std::optional<int> fault(std::string_view call) {
  static std::vector<Fault> faults = faults_from_environment();
  const std::lock_guard lock(g_mutex);
  std::optional<int> status;
  for (Fault& f : faults) {
    if (f.strikes(call)) {
      status = f.status;
    }
  }
  return status;
}

}  // namespace fakes
