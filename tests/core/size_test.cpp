#include "core/size.hpp"

#include "core/error.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(Size, SuffixesArePowersOf1024) {
  EXPECT_EQ(parse_size("8", "x"), 8U);
  EXPECT_EQ(parse_size("64K", "x"), 65536U);
  EXPECT_EQ(parse_size("1M", "x"), 1048576U);
  EXPECT_EQ(parse_size("1g", "x"), 1073741824U);
  EXPECT_EQ(parse_size("2GiB", "x"), 2147483648U);
  EXPECT_EQ(parse_size("0", "x"), 0U);
}

TEST(Size, WhatIsNotASizeIsRefusedByName) {
  for (const char* bad : {"",
                          "-8",
                          "8.5",
                          "K",
                          "8X",
                          "8KK",
                          "8 K",
                          "0x10",
                          "99999999999999999999",
                          "9000T",
                          "1e3",
                          "+1"}) {
    try {
      parse_size(bad, "--bytes");
      ADD_FAILURE() << "'" << bad << "' was accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("--bytes"), std::string::npos) << error.what();
      EXPECT_EQ(error.exit_code(), ExitCode::kBadInput);
    }
  }
}

TEST(Size, ListsAreSplitAtCommas) {
  EXPECT_EQ(parse_size_list("8,1K,1M", "x"), (std::vector<std::uint64_t>{8, 1024, 1048576}));
  EXPECT_THROW(parse_size_list("8,,1K", "x"), Error);
  EXPECT_THROW(parse_size_list("", "x"), Error);
}

TEST(Size, FormatIsExact) {
  EXPECT_EQ(format_size(8), "8 B");
  EXPECT_EQ(format_size(65536), "64 KiB");
  EXPECT_EQ(format_size(1000), "1000 B");
  EXPECT_EQ(format_size(1536), "1536 B");
  EXPECT_EQ(format_size(1ULL << 30), "1 GiB");
}

}  // namespace
}  // namespace fabricast
