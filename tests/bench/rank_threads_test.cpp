#include "bench/backends/rank_threads.hpp"

#include "core/error.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <vector>

namespace fabricast {
namespace {

class RankThreadsOf : public testing::TestWithParam<int> {};

TEST_P(RankThreadsOf, EveryRankRunsEveryJobOnce) {
  RankThreads threads(GetParam());
  std::vector<int> runs(static_cast<std::size_t>(GetParam()));
  for (int job = 0; job < 200; ++job) {
    threads.run([&](int rank) { ++runs[static_cast<std::size_t>(rank)]; });
  }
  for (const int n : runs) {
    EXPECT_EQ(n, 200);
  }
}

TEST_P(RankThreadsOf, NobodyPassesAMeetingBeforeAllHaveCome) {
  RankThreads threads(GetParam());
  std::atomic<int> come = 0;
  std::atomic<int> early = 0;
  for (int job = 1; job <= 100; ++job) {
    threads.run([&](int /*rank*/) {
      ++come;
      threads.meet();
      early += come < (2 * job - 1) * GetParam() ? 1 : 0;
      ++come;
      threads.meet();
    });
  }
  EXPECT_EQ(early, 0);
}

TEST_P(RankThreadsOf, AnErrorOnOneRankEndsTheOthersAndIsThrownHere) {
  RankThreads threads(GetParam());
  const int failing = GetParam() - 1;
  for (int job = 0; job < 50; ++job) {
    try {
      threads.run([&](int rank) {
        if (rank == failing) {
          throw Error("rank failed", "", "");
        }
        if (job % 2 == 0) {
          threads.meet();
        }
        while (true) {
          threads.check_others();
        }
      });
      FAIL() << "nothing thrown";
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "rank failed");
    }
    int ran = 0;
    threads.run([&](int rank) {
      threads.meet();
      ran += rank == 0 ? 1 : 0;
    });
    EXPECT_EQ(ran, 1) << "the threads go on after an error";
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, RankThreadsOf, testing::Values(1, 2, 3, 8));

TEST(RankThreads, ARankThatHangsInACallIsReleased) {
  RankThreads threads(3);
  std::atomic<bool> released = false;
  std::vector<int> named;
  EXPECT_THROW(threads.run(
                   [&](int rank) {
                     if (rank == 1) {
                       throw std::runtime_error("failed");
                     }
                     while (rank == 2 && !released) {
                       std::this_thread::sleep_for(std::chrono::milliseconds(1));
                     }
                   },
                   [&](const std::vector<int>& stuck) {
                     named = stuck;
                     released = true;
                   }),
               std::runtime_error);
  EXPECT_EQ(named, (std::vector<int>{2}));
}

}  // namespace
}  // namespace fabricast
