// The one exception type: what happened, where, what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace fabricast {

/// Exit codes of the command line (docs/command-line.md).
enum class ExitCode {
  kGood = 0,
  kVerdictFailed = 1,  // wrong results were found, or a gate failed
  kBadInput = 2,       // bad usage, bad file, something missing on this machine
  kCutShort = 3,       // a dead or hung rank, or an interrupt: finished results are on disk
  kSkipped = 77,       // this machine cannot do it
};

/// Thrown where the fact is known, caught once in main. what() is the whole text:
///
///     reduce_scatter: 10 elements do not split over 4 ranks
///       at: rank 2, message 40 B
///       try: a size that is a multiple of 16 B
class Error : public std::runtime_error {
 public:
  Error(const std::string& what,
        const std::string& where,
        const std::string& remedy,
        ExitCode exit_code = ExitCode::kBadInput)
      : std::runtime_error(text(what, where, remedy)), exit_code_(exit_code) {}

  [[nodiscard]] ExitCode exit_code() const { return exit_code_; }

 private:
  static std::string text(const std::string& what,
                          const std::string& where,
                          const std::string& remedy) {
    std::string all = what;
    if (!where.empty()) {
      all += "\n  at: " + where;
    }
    if (!remedy.empty()) {
      all += "\n  try: " + remedy;
    }
    // Names from files may hold anything; a terminal is shown no control characters but line ends.
    for (char& c : all) {
      c = static_cast<unsigned char>(c) < 0x20 && c != '\n' ? '?' : c;
    }
    return all;
  }

  ExitCode exit_code_;
};

}  // namespace fabricast
