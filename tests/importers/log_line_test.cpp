#include "importers/log_line.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(LogLine, TagsOfLaunchersAreTakenOutWhereverTheyStand) {
  EXPECT_EQ(without_tags("[1,0]<stdout>:# a [1,0]<stdout>:b"), "# a b");
  EXPECT_EQ(without_tags("[prterun-host-7@1,0]<stderr>:# a"), "# a");
  EXPECT_EQ(words_of(without_tags("  0:   8  2 float")).front(), "8");
  EXPECT_EQ(words_of(without_tags("[0] # a")).front(), "#");
  EXPECT_EQ(words_of(without_tags("node7: # a")).front(), "#");
  EXPECT_EQ(words_of(without_tags("2026-01-29T18:02:19.123456789Z 8 2 float")).front(), "8");
  EXPECT_EQ(words_of(without_tags("2026-01-29T18:02:19.123Z 0: [3] # a")).front(), "#");
}

TEST(LogLine, OtherTextKeepsItsWords) {
  EXPECT_EQ(without_tags("node1: Test NCCL failure"), "node1: Test NCCL failure");
  EXPECT_EQ(without_tags("a < b <stdout>: c"), "a < b <stdout>: c");
  EXPECT_EQ(without_tags("1024 256 float"), "1024 256 float");
  EXPECT_EQ(without_tags(""), "");
}

TEST(LogLine, AMessageOfNcclEndsBeforeItsHost) {
  const std::set<std::string, std::less<>> hosts{"10-0-0-1", "node7.cluster"};
  EXPECT_EQ(without_nccl_message("a  -1node7:12:34 [0] NCCL INFO x", {}), "a  -1");
  EXPECT_EQ(without_nccl_message("a  -110-0-0-1:12:34 [0] NCCL INFO x", hosts), "a  -1");
  EXPECT_EQ(without_nccl_message("a  N/Anode7:12:34 [0] NCCL INFO x", {}), "a  N/A");
  EXPECT_EQ(without_nccl_message("a  0node7.cluster:12:34 [0] NCCL INFO x", hosts), "a  0");
  EXPECT_EQ(without_nccl_message("node7:1:2 [0] misc/socket.cc:484 NCCL WARN x", {}), "");
  EXPECT_EQ(without_nccl_message("a 0[2026-01-29 18:02:19] node7:1:2 [0] net.cc:1 NCCL WARN x", {}),
            "a 0");
  EXPECT_EQ(without_nccl_message("a row", {}), "a row");
  EXPECT_EQ(without_nccl_message("NCCL INFO x", {}), "");
}

}  // namespace
}  // namespace fabricast
