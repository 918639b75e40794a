// What the fake libraries are told by the environment: which call fails when, and where they write
// down what was called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fakes {

/// The number in a variable of the environment, or `usual`.
std::int64_t number(const char* variable, std::int64_t usual);

/// A rank, and which of its collectives counted from 1: "2@5"; "2" alone means every one.
struct Moment {
  std::int64_t rank = -1;
  std::int64_t nth = 0;  // 0: every one

  [[nodiscard]] bool is(std::int64_t at_rank, std::int64_t at) const {
    return rank == at_rank && (nth == 0 || nth == at);
  }
};
Moment moment(const char* variable);

/// Counts a call of this name and returns the status that it shall fail with, or nothing.
///
/// FAKE_FAULTS is a list of CALL@N=STATUS: the N-th call of that name in this process fails.
/// CALL@N+=STATUS: that one and all that follow. CALL@N!=STATUS: that one and from then on every
/// call of the library, whatever its name.
std::optional<int> fault(std::string_view call);

/// Adds a line to the file that FAKE_LOG names, if any.
void note(std::string_view line);

}  // namespace fakes
