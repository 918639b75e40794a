#include "report/utf8.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(FirstCodePoint, ReadsOneToFourBytes) {
  EXPECT_EQ(first_code_point("a").value, U'a');
  EXPECT_EQ(first_code_point("µs").value, U'µ');
  EXPECT_EQ(first_code_point("–").value, U'–');
  EXPECT_EQ(first_code_point("\U0001F600").length, 4U);
}

TEST(FirstCodePoint, RefusesWhatIsNotUtf8OneByteAtATime) {
  for (const char* bad :
       {"\xff", "\xc3", "\xc3(", "\xc0\xaf", "\xed\xa0\x80", "\xf7\xbf\xbf\xbf", "\x80"}) {
    EXPECT_EQ(first_code_point(bad).value, U'\uFFFD') << bad;
    EXPECT_EQ(first_code_point(bad).length, 1U) << bad;
  }
}

TEST(Printable, LeavesNoControlCharacter) {
  EXPECT_EQ(printable("a\x1b[2J\xff\n\tb\u202e\u0085"), "a?[2J?  b??");
  EXPECT_EQ(printable(std::string("\0x", 2)), "?x");
  EXPECT_EQ(printable("1.2–1.3 µs ±2 ×"), "1.2–1.3 µs ±2 ×");
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("12.1–12.9 µs"), 12U);
  EXPECT_EQ(display_width("±×"), 2U);
  EXPECT_EQ(display_width("日本"), 4U);
}

TEST(Wrap, BreaksAfterSpaceOrSlashAndInsideOnlyWhereItMust) {
  EXPECT_EQ(wrap("host/recursive_doubling", 18),
            (std::vector<std::string>{"host/", "recursive_doubling"}));
  EXPECT_EQ(wrap("one two", 4), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(wrap("abcdefg", 3), (std::vector<std::string>{"abc", "def", "g"}));
  EXPECT_EQ(wrap("日本語", 3), (std::vector<std::string>{"日", "本", "語"}));
  EXPECT_EQ(wrap("", 3), (std::vector<std::string>{""}));
}

TEST(LongestUnbroken, IsTheWidthThatWrapNeeds) {
  EXPECT_EQ(longest_unbroken("backend/algorithm"), 9U);
  EXPECT_EQ(longest_unbroken("a bc"), 2U);
  EXPECT_EQ(longest_unbroken(""), 0U);
}

TEST(Clip, EndsInAnEllipsisOnlyWhereItCuts) {
  EXPECT_EQ(clip("abc", 3), "abc");
  EXPECT_EQ(clip("abcd", 3), "ab…");
}

}  // namespace
}  // namespace fabricast
