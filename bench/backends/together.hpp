// Steps that can fail on one process while the others go on.
#pragma once

#include "bench/control.hpp"
#include "core/error.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>

namespace fabricast {

/// The error of the first process that has one, on every process; nothing when none has. Texts are
/// cut to 1000 characters. Collective.
inline std::optional<Error> shared_error(Control& control, const std::optional<Error>& mine) {
  const double nobody = control.processes();
  const double first = control.min(mine ? control.process() : nobody);
  if (first == nobody) {
    return std::nullopt;
  }
  std::array<double, 1001> letters{};  // what the others hold is below every letter
  if (first == control.process()) {
    const std::string text = mine->what();
    for (std::size_t i = 0; i < text.size() && i + 1 < letters.size(); ++i) {
      letters[i] = static_cast<unsigned char>(text[i]);
    }
    letters.back() = static_cast<double>(mine->exit_code());
  }
  control.max_each(letters);
  std::string text;
  for (std::size_t i = 0; i + 1 < letters.size() && letters[i] > 0; ++i) {
    text += static_cast<char>(letters[i]);
  }
  return Error(text, "", "", static_cast<ExitCode>(letters.back()));
}

/// Runs `step` on every process and lets all fail alike when one fails: the others would wait for
/// it for ever in the next collective call, and only process 0 is sure to be heard. Collective.
template <typename Step>
void together(Control& control, const Step& step) {
  std::optional<Error> error;
  try {
    step();
  } catch (const Error& thrown) {
    error = thrown;
  } catch (const std::exception& thrown) {
    error = Error(thrown.what(), "", "");
  }
  if (const auto first = shared_error(control, error)) {
    throw Error(*first);
  }
}

}  // namespace fabricast
