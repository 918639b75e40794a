#include "core/names.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

const std::vector<std::string> kKnown{"all_reduce", "all_gather", "reduce_scatter"};

TEST(Names, TheNearestIsOffered) {
  EXPECT_EQ(nearest_name("all_reduc", kKnown), "all_reduce");
  EXPECT_EQ(nearest_name("allgather", kKnown), "all_gather");
  EXPECT_EQ(nearest_name("zzzz", kKnown), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'a'), kKnown), "");
}

TEST(Names, AnUnknownNameListsThoseThatExist) {
  const std::string text = unknown_name("collective", "all_redcue", kKnown).what();
  EXPECT_NE(text.find("unknown collective 'all_redcue'"), std::string::npos);
  EXPECT_NE(text.find("did you mean 'all_reduce'?"), std::string::npos);
  EXPECT_NE(text.find("all_gather, reduce_scatter"), std::string::npos);
}

}  // namespace
}  // namespace fabricast
