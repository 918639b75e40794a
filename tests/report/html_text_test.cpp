#include "report/html_text.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(Escape, LeavesNoCharacterWithAMeaning) {
  EXPECT_EQ(escape("<a href=\"x\" b='y'>&]]>"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;]]&gt;");
  EXPECT_EQ(escape("12 µs – ok"), "12 µs – ok");
}

TEST(Escape, ReplacesControlCharactersAndBytesThatAreNotUtf8) {
  EXPECT_EQ(escape(std::string("a\0\x1b\xff\u202e", 7)), "a\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Linked, OnlyHttpAddressesBecomeLinks) {
  EXPECT_EQ(linked("https://a.b/c?d=1&e=2, table 3"),
            "<a href=\"https://a.b/c?d=1&amp;e=2\" rel=\"noopener noreferrer\">"
            "https://a.b/c?d=1&amp;e=2</a>, table 3");
  for (const char* other : {"javascript:alert(1)",
                            "data:text/html,x",
                            "//x.y",
                            "HTTPS//x",
                            "https://",
                            "see http://x"}) {
    EXPECT_EQ(linked(other), escape(other));
  }
}

TEST(Linked, AnAddressEndsBeforeAQuote) {
  EXPECT_EQ(linked("http://x\" onclick=\"y"),
            "<a href=\"http://x\" rel=\"noopener noreferrer\">http://x</a>&quot; onclick=&quot;y");
}

}  // namespace
}  // namespace fabricast
