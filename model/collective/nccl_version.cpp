#include "model/collective/nccl_version.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace fabricast {

namespace {

Error not_a_version(std::string_view text, const std::string& where) {
  return {fmt::format("'{}' is not a version of NCCL", text), where, "a version such as 2.28.9"};
}

}  // namespace

NcclVersion parse_nccl_version(std::string_view text, const std::string& where) {
  NcclVersion version{0, 0, std::numeric_limits<int>::max()};
  int* const parts[] = {&version.major, &version.minor, &version.patch};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  int count = 0;
  for (int* part : parts) {
    const auto [next, error] = std::from_chars(at, end, *part);
    if (error != std::errc() || *part < 0) {
      throw not_a_version(text, where);
    }
    ++count;
    at = next;
    if (count == 3 || at == end || *at != '.') {
      break;
    }
    ++at;
  }
  const bool has_suffix = at != end && (*at == '+' || *at == '-');
  if (count < 2 || (at != end && !has_suffix)) {
    throw not_a_version(text, where);
  }
  return version;
}

std::string to_string(NcclVersion v) { return fmt::format("{}.{}.{}", v.major, v.minor, v.patch); }

std::string to_string(NcclVersionRange range) {
  const std::string first = to_string(range.first);
  return range.first == range.last ? first : first + "-" + to_string(range.last);
}

}  // namespace fabricast
