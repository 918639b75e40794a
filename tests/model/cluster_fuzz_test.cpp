// Cluster files broken in many ways, the same ones in every run: each loads or is refused by an
// Error.
#include "core/error.hpp"
#include "model/cluster.hpp"
#include "model/cluster_shape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit);
}

/// A token's place: a run of letters and digits, or one other character.
struct Piece {
  std::size_t at;
  std::size_t size;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

Piece any_piece(const std::string& text, Random& random) {
  std::size_t at = below(random, text.size());
  while (at > 0 && is_word(text[at]) && is_word(text[at - 1])) {
    --at;
  }
  std::size_t end = at + 1;
  while (end < text.size() && is_word(text[at]) && is_word(text[end])) {
    ++end;
  }
  return {at, std::min(end, text.size()) - at};
}

void flip_byte(std::string& text, Random& random) {
  text[below(random, text.size())] = static_cast<char>(random());
}

void flip_bit(std::string& text, Random& random) {
  const std::size_t at = below(random, text.size());
  text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
}

void erase_run(std::string& text, Random& random) {
  text.erase(below(random, text.size()), 1 + below(random, 40));
}

void erase_line(std::string& text, Random& random) {
  const std::size_t begin = text.rfind('\n', below(random, text.size()));
  const std::size_t at = begin == std::string::npos ? 0 : begin + 1;
  text.erase(at, std::min(text.find('\n', at), text.size() - 1) - at + 1);
}

void truncate(std::string& text, Random& random) { text.resize(below(random, text.size())); }

void swap_pieces(std::string& text, Random& random) {
  Piece a = any_piece(text, random);
  Piece b = any_piece(text, random);
  if (a.at > b.at) {
    std::swap(a, b);
  }
  if (a.at + a.size > b.at) {
    return;
  }
  const std::string first = text.substr(a.at, a.size);
  const std::string second = text.substr(b.at, b.size);
  text.replace(b.at, b.size, first).replace(a.at, a.size, second);
}

void double_run(std::string& text, Random& random) {
  const std::size_t at = below(random, text.size());
  text.insert(below(random, text.size()), text.substr(at, 1 + below(random, 400)));
}

void nest(std::string& text, Random& random) {
  constexpr std::array<const char*, 5> kOpenings{"[", "{ a = ", "[[", "a.", "\"a\" . "};
  const std::string opening = kOpenings.at(below(random, kOpenings.size()));
  std::string deep;
  for (std::size_t left = std::size_t{1} << below(random, 16); left > 0; --left) {
    deep += opening;
  }
  text.insert(any_piece(text, random).at, deep);
}

// Too large, of another kind, or not a value.
constexpr std::array<const char*, 24> kWrongValues{
    "1e308",
    "-1e308",
    "1e-320",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "inf",
    "-inf",
    "nan",
    "-0.0",
    "0",
    "-1",
    "0x7fffffffffffffff",
    "true",
    "1979-05-27T07:32:00Z",
    "[]",
    "{}",
    "[[]]",
    "''",
    "\"\\u0000\"",
    "\"\"\"\n\"\"\"",
    "[1, 'a']",
    "{ v = 1, lo = 1, hi = 1, p = 'claim', src = 'x' }",
    "\xEF\xBB\xBF",
};

/// Something else where a value stands.
void replace_value(std::string& text, Random& random) {
  const std::size_t equals = text.find("= ", below(random, text.size()));
  if (equals == std::string::npos) {
    return;
  }
  const std::size_t end = std::min(text.find_first_of(",\n}", equals), text.size());
  text.replace(equals + 2, end - equals - 2, kWrongValues.at(below(random, kWrongValues.size())));
}

constexpr std::array kMutations{
    flip_byte,
    flip_bit,
    erase_run,
    erase_line,
    truncate,
    swap_pieces,
    double_run,
    nest,
    replace_value,
    replace_value,
};

std::vector<std::string> shipped_files() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(FABRICAST_SOURCE_DIR "/clusters")) {
    if (entry.path().extension() == ".toml") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto& path : paths) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

std::string mutated(std::string text, Random& random) {
  for (std::size_t times = 1 + below(random, 3); times > 0; --times) {
    if (!text.empty()) {
      kMutations.at(below(random, kMutations.size()))(text, random);
    }
  }
  return text;
}

int cases_wanted() {
  const char* wanted = std::getenv("FABRICAST_FUZZ_CASES");
  return wanted == nullptr ? 400 : std::atoi(wanted);
}

enum class Outcome { kLoaded, kRefused };

/// Anything but an Error that tells a place leaves this function as a failure.
Outcome try_to_load(const std::string& text) {
  try {
    tier_shapes(parse_cluster(text, "fuzz.toml"));
    return Outcome::kLoaded;
  } catch (const Error& fault) {
    EXPECT_NE(std::string(fault.what()).find("\n  at: fuzz.toml"), std::string::npos)
        << fault.what();
    EXPECT_NE(std::string(fault.what()).find("\n  try: "), std::string::npos) << fault.what();
    return Outcome::kRefused;
  }
}

TEST(ClusterFuzz, EveryBrokenFileLoadsOrIsRefusedWithAPlaceAndARemedy) {
  const auto files = shipped_files();
  ASSERT_FALSE(files.empty());
  int refused = 0;
  const int cases = cases_wanted();
  for (int i = 0; i < cases; ++i) {
    Random random(static_cast<std::uint64_t>(i));
    const std::string text = mutated(files.at(static_cast<std::size_t>(i) % files.size()), random);
    SCOPED_TRACE("case " + std::to_string(i));
    ASSERT_NO_THROW(refused += try_to_load(text) == Outcome::kRefused ? 1 : 0);
  }
  EXPECT_GT(refused, cases / 2) << "the mutations break too little";
}

// What TOML is made of, whole and in halves.
constexpr std::array<std::string_view, 50> kPieces{
    "[",  "]",  "{",   "}",     "=",          ".",     ",",    "\"",   "'",        "\\",
    "[[", "]]", "#",   "\n",    "\r\n",       " ",     "\t",   "a",    "b.c",      "1",
    "0x", "0b", "0o",  "-",     "+",          "_",     "e",    "E9",   "inf",      "nan",
    ":",  "Z",  "1.5", "fals",  "2026-11-22", "T07:3", "a = ", "1_0",  "\\u00",    "{a=1}",
    "\r", "\v", "\b",  "[a]\n", "[[a]]\n",    "true",  "\xC3", "\xA0", "\xC3\xA9", "\xEF\xBB\xBF"};

TEST(ClusterFuzz, EveryShortTextIsRefusedWithAPlaceAndARemedy) {
  const int cases = 25 * cases_wanted();
  for (int i = 0; i < cases; ++i) {
    Random random(static_cast<std::uint64_t>(i));
    std::string text;
    for (std::size_t left = 1 + below(random, 12); left > 0; --left) {
      text += kPieces.at(below(random, kPieces.size()));
    }
    SCOPED_TRACE(text);
    ASSERT_NO_THROW(EXPECT_EQ(try_to_load(text), Outcome::kRefused));
  }
}

/// What a recursive parser or destructor would not survive.
TEST(ClusterFuzz, DepthCannotExhaustTheStack) {
  constexpr std::size_t kDepth = 300'000;
  const auto repeated = [](const std::string& piece) {
    std::string text;
    while (text.size() < kDepth) {
      text += piece;
    }
    return text;
  };
  const std::string close(kDepth, ']');
  for (const std::string& text : {"a = " + repeated("["),
                                  "a = " + repeated("{ a = "),
                                  "[" + repeated("a.") + "a]",
                                  "[[" + repeated("a.") + "a]]",
                                  repeated("a.") + "a = 1",
                                  repeated("\"a\" . ") + "a = 1",
                                  "s = \"\"\"\"\"\"\"\n" + repeated("a.") + "a = 1",
                                  "s = '\\'\n" + repeated("a.") + "a = 1",
                                  "a = " + std::string(kDepth, '[') + close}) {
    EXPECT_EQ(try_to_load(text), Outcome::kRefused);
  }
}

}  // namespace
}  // namespace fabricast
