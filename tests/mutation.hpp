// Text broken in many ways, the same ones in every run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace fabricast {

/// 200, or what FABRICAST_FUZZ_CASES says.
inline int fuzz_cases() {
  const char* wanted = std::getenv("FABRICAST_FUZZ_CASES");
  return wanted != nullptr ? std::max(1, std::atoi(wanted)) : 200;
}

/// One to four random changes: a byte, a bit, a run erased, doubled or moved, a hostile piece, the
/// end cut.
inline std::string mutant(std::string text, std::mt19937_64& random) {
  static const std::vector<std::string> kHostile{"-1",
                                                 "1e999",
                                                 "nan",
                                                 "99999999999999999999",
                                                 "{",
                                                 "}",
                                                 "[[",
                                                 "\"",
                                                 "\\u0000",
                                                 "null",
                                                 "true",
                                                 std::string(1, '\0'),
                                                 "\xff\xfe",
                                                 ",",
                                                 "\n",
                                                 "\r",
                                                 std::string(3000, '[')};
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (std::uint64_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t run = 1 + below(30);
    switch (below(6)) {
      case 0:
        text.insert(at, kHostile[below(kHostile.size())]);
        break;
      case 1:
        text.erase(at, run);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), run));
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        if (at < text.size()) {
          text[at] = static_cast<char>(random());
        }
        break;
      default:
        if (at < text.size()) {
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        }
    }
  }
  return text;
}

inline std::vector<std::string> mutants(const std::string& seed, int count) {
  std::mt19937_64 random(20240722);
  std::vector<std::string> list;
  for (int i = 0; i < count; ++i) {
    list.push_back(mutant(seed, random));
  }
  return list;
}

}  // namespace fabricast
