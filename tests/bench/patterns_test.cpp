#include "bench/patterns/ddp.hpp"
#include "bench/patterns/pattern_table.hpp"
#include "bench/patterns/pipeline.hpp"
#include "bench/patterns/router.hpp"
#include "bench/patterns/three_d.hpp"
#include "core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace fabricast {
namespace {

Workload small_workload() {
  return {.id = "small",
          .title = "",
          .layers = 8,
          .hidden = 64,
          .heads = 8,
          .kv_heads = 4,
          .ffn = 256,
          .vocabulary = 1000,
          .experts = 4,
          .experts_per_token = 2,
          .gated = true};
}

TrainingSetup small_setup(int ranks) {
  TrainingSetup setup;
  setup.workload = small_workload();
  setup.ranks = ranks;
  setup.tokens = 64;
  setup.bucket_bytes = 100'000;
  return setup;
}

using Buckets = std::vector<std::vector<std::size_t>>;

Buckets filled(const std::vector<std::uint64_t>& bytes, const std::vector<std::uint64_t>& limits) {
  return fill_buckets(bytes, limits);
}

// The expectations of DistributedDataParallel's own tests of its assignment.
TEST(DdpBuckets, CloseWhenTheyReachTheirLimit) {
  EXPECT_EQ(filled({400, 800, 400, 200}, {400}), (Buckets{{0}, {1}, {2}, {3}}));
  EXPECT_EQ(filled(
                {
                    40, 40, 40, 40
  },
                {40, 80}),
            (Buckets{{0}, {1, 2}, {3}}));
}

TEST(DdpBuckets, MayExceedTheLimitByTheTensorThatClosesThem) {
  EXPECT_EQ(filled(
                {
                    10, 10, 1000, 10
  },
                {100}),
            (Buckets{{0, 1, 2}, {3}}));
}

TEST(DdpBuckets, HoldEveryGradientOnceFromTheLastToTheFirst) {
  TrainingSetup setup = small_setup(2);
  setup.workload.tied_embeddings = true;
  const TrainingSchedule schedule = make_ddp(setup, 0);
  std::uint64_t elements = 0;
  for (const auto& transfer : schedule.transfers) {
    elements += transfer.count;
  }
  EXPECT_EQ(elements, parameter_count(setup.workload));
  // The last norm, and the last matrix of the experts, which is larger than the bucket.
  EXPECT_EQ(schedule.transfers.front().count, 64U + 4U * 256U * 64U);
}

TEST(DdpBuckets, AreAsManyAtEveryScale) {
  TrainingSetup setup = small_setup(2);
  const std::size_t unscaled = make_ddp(setup, 0).transfers.size();
  setup.scale = 0.01;
  EXPECT_EQ(make_ddp(setup, 0).transfers.size(), unscaled);
  EXPECT_GT(unscaled, 3U);
}

TEST(Scale, ShrinksMessagesByItselfAndProductsByItsPowerThreeHalves) {
  TrainingSetup setup = small_setup(1);
  const ScaledModel full = scaled(setup);
  setup.scale = 0.01;
  const ScaledModel part = scaled(setup);
  EXPECT_EQ(full.parameters(), parameter_count(setup.workload));
  EXPECT_NEAR(static_cast<double>(part.parameters()) / static_cast<double>(full.parameters()),
              0.01,
              0.0005);
  EXPECT_NEAR(part.forward_flops(3) / full.forward_flops(3), 0.001, 1e-9);
}

TEST(Router, EveryTokenVisitsAsManyExpertsAsItShould) {
  for (const int ranks : {1, 2, 4, 8}) {
    const Routing routing{.ranks = ranks,
                          .experts = 8,
                          .experts_per_token = 2,
                          .tokens = 500,
                          .skew = 1.2,
                          .seed = 7};
    const auto traffic = route_tokens(routing);
    for (int s = 0; s < ranks; ++s) {
      const auto row = traffic.begin() + s * ranks;
      EXPECT_EQ(std::accumulate(row, row + ranks, std::uint64_t{0}), 1000U);
    }
    EXPECT_EQ(route_tokens(routing), traffic) << "the same on every rank";
  }
}

// Whoever is popular, a token that visits all experts visits each once.
TEST(Router, ATokenVisitsDifferentExperts) {
  const auto traffic = route_tokens(
      {.ranks = 4, .experts = 8, .experts_per_token = 8, .tokens = 10, .skew = 3, .seed = 1});
  EXPECT_EQ(traffic, std::vector<std::uint64_t>(16, 20));
}

double imbalance(double skew) {
  constexpr int kRanks = 4;
  const auto traffic = route_tokens({.ranks = kRanks,
                                     .experts = 8,
                                     .experts_per_token = 2,
                                     .tokens = 5000,
                                     .skew = skew,
                                     .seed = 3});
  std::array<double, kRanks> received{};
  for (std::size_t i = 0; i < traffic.size(); ++i) {
    received[i % kRanks] += static_cast<double>(traffic[i]);
  }
  return *std::max_element(received.begin(), received.end()) * kRanks /
         std::accumulate(received.begin(), received.end(), 0.0);
}

TEST(Router, SkewLoadsSomeRanksMoreThanOthers) {
  EXPECT_NEAR(imbalance(0), 1, 0.05);
  EXPECT_GT(imbalance(1), 1.1);
  EXPECT_GT(imbalance(2), imbalance(1));
}

TEST(Router, TheWayBackIsTheTranspose) {
  EXPECT_EQ(transposed({1, 2, 3, 4}, 2), (std::vector<std::uint64_t>{1, 3, 2, 4}));
}

TEST(OneForwardOneBackward, RunsEachMicroBatchOnceEachWayAndBackwardAfterForward) {
  for (int stages = 1; stages <= 5; ++stages) {
    for (int microbatches = 1; microbatches <= 9; ++microbatches) {
      for (int stage = 0; stage < stages; ++stage) {
        std::vector<int> forwards;
        std::vector<int> backwards;
        std::size_t most_kept = 0;
        for (const auto& turn : one_forward_one_backward(stage, stages, microbatches)) {
          (turn.forward ? forwards : backwards).push_back(turn.microbatch);
          ASSERT_GE(forwards.size(), backwards.size());
          most_kept = std::max(most_kept, forwards.size() - backwards.size());
        }
        std::vector<int> all(static_cast<std::size_t>(microbatches));
        std::iota(all.begin(), all.end(), 0);
        EXPECT_EQ(forwards, all);
        EXPECT_EQ(backwards, all);
        EXPECT_EQ(most_kept, static_cast<std::size_t>(std::min(stages - stage, microbatches)))
            << "activations kept by stage " << stage << " of " << stages;
      }
    }
  }
}

TEST(OneForwardOneBackward, TheLastStageAlternatesFromTheStart) {
  bool forward = true;
  for (const auto& turn : one_forward_one_backward(3, 4, 6)) {
    EXPECT_EQ(turn.forward, forward);
    forward = !forward;
  }
}

TEST(Pipeline, StagesHoldEveryLayerOnce) {
  std::uint64_t next = 0;
  for (int stage = 0; stage < 5; ++stage) {
    const LayerRange range = layers_of_stage(126, stage, 5);
    EXPECT_EQ(range.first, next);
    EXPECT_NEAR(static_cast<double>(range.end - range.first), 126 / 5.0, 1);
    next = range.end;
  }
  EXPECT_EQ(next, 126U);
}

// Sender, receiver, id: what is sent on one rank is received on another.
using Message = std::tuple<std::string, int, int, int, std::uint64_t, std::uint64_t>;

void note_messages(const TrainingSchedule& schedule,
                   std::multiset<Message>& sent,
                   std::multiset<Message>& received) {
  for (const auto& t : schedule.transfers) {
    const Group& g = schedule.groups[t.group];
    if (t.kind == TransferKind::kSend) {
      sent.insert({g.name, g.color, g.rank, t.peer, t.id, t.count});
    } else if (t.kind == TransferKind::kReceive) {
      received.insert({g.name, g.color, t.peer, g.rank, t.id, t.count});
    }
  }
}

// The order of collectives in each communicator: MPI matches them by it.
using Calls = std::vector<std::tuple<TransferKind, std::uint64_t, std::vector<std::uint64_t>>>;

std::map<std::pair<std::string, int>, Calls> collectives_of(const TrainingSchedule& schedule) {
  std::map<std::pair<std::string, int>, Calls> calls;
  for (const auto& t : schedule.transfers) {
    if (t.kind != TransferKind::kSend && t.kind != TransferKind::kReceive) {
      const Group& g = schedule.groups[t.group];
      calls[{g.name, g.color}].emplace_back(t.kind, t.count, t.traffic);
    }
  }
  return calls;
}

TEST(EveryPattern, StartsAndWaitsForEachTransferOnce) {
  for (const auto& pattern : training_patterns()) {
    const TrainingSchedule schedule = pattern.make(small_setup(4), 1);
    std::vector<int> state(schedule.transfers.size(), 0);
    for (const auto& step : schedule.steps) {
      if (step.kind == Step::Kind::kStart) {
        EXPECT_EQ(state[step.transfer]++, 0) << pattern.name;
      } else if (step.kind == Step::Kind::kWait) {
        EXPECT_EQ(state[step.transfer]++, 1) << pattern.name;
      }
    }
    EXPECT_TRUE(std::all_of(state.begin(), state.end(), [](int s) { return s == 2; }))
        << pattern.name;
    EXPECT_FALSE(state.empty()) << pattern.name;
  }
}

TEST(EveryPattern, MessagesMeetAndMembersCallTheSameCollectives) {
  for (const auto& pattern : training_patterns()) {
    const TrainingSetup setup = small_setup(pattern.name == "3d" ? 8 : 4);
    std::multiset<Message> sent;
    std::multiset<Message> received;
    std::map<std::pair<std::string, int>, Calls> calls;
    for (int rank = 0; rank < setup.ranks; ++rank) {
      const TrainingSchedule schedule = pattern.make(setup, rank);
      note_messages(schedule, sent, received);
      for (const auto& [group, list] : collectives_of(schedule)) {
        EXPECT_EQ(calls.emplace(group, list).first->second, list)
            << pattern.name << " rank " << rank << " " << group.first;
      }
    }
    EXPECT_EQ(sent, received) << pattern.name;
  }
}

TEST(EveryPattern, OfOneRankSendsNothingAndStillComputes) {
  for (const auto& pattern : training_patterns()) {
    TrainingSetup setup = small_setup(1);
    EXPECT_FALSE(pattern.settings(setup).empty());
    const TrainingSchedule schedule = pattern.make(setup, 0);
    EXPECT_TRUE(schedule.transfers.empty()) << pattern.name;
    EXPECT_FALSE(schedule.steps.empty()) << pattern.name;
  }
}

TEST(ThreeD, GroupsArePartsOfTheJobThatCrossInOneRank) {
  const Grid grid{2, 3, 4};
  std::set<std::tuple<int, int, int>> places;
  std::map<std::pair<std::string, int>, std::set<int>> members;
  for (int rank = 0; rank < 24; ++rank) {
    const auto groups = grid_groups(grid, rank);
    places.insert(
        {groups[kTensorGroup].rank, groups[kDataGroup].rank, groups[kPipelineGroup].rank});
    for (const auto& g : groups) {
      EXPECT_TRUE((members[{g.name, g.color}].insert(g.rank).second)) << g.name;
    }
  }
  EXPECT_EQ(places.size(), 24U);
  for (const auto& [group, ranks] : members) {
    EXPECT_EQ(ranks.size(), group.first == "tensor" ? 2U : group.first == "data" ? 4U : 3U);
  }
}

template <typename Change>
std::string refused(std::string_view pattern, int ranks, Change change) {
  TrainingSetup setup = small_setup(ranks);
  change(setup);
  try {
    find_training_pattern(pattern).settings(setup);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Refusals, SayWhatDoesNotDivide) {
  const auto as_it_is = [](TrainingSetup&) {};
  EXPECT_NE(refused("tp", 3, as_it_is).find("8 heads do not divide over 3"), std::string::npos);
  EXPECT_NE(refused("ep", 3, as_it_is).find("4 experts of small"), std::string::npos);
  EXPECT_NE(refused("ep", 2, [](TrainingSetup& s) { s.workload.experts = 0; }).find("no experts"),
            std::string::npos);
  EXPECT_NE(refused("pp", 9, as_it_is).find("9 stages"), std::string::npos);
  EXPECT_NE(refused("3d", 4, [](TrainingSetup& s) { s.tensor_parallel = 3; })
                .find("4 ranks do not divide into tensor 3"),
            std::string::npos);
  EXPECT_THROW(find_training_pattern("dpp"), Error);
}

}  // namespace
}  // namespace fabricast
