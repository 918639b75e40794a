// Collectives among virtual ranks, run on the CPU with a thread or two per rank.
#include "kernels/onchip_body.hpp"

#include "core/pattern.hpp"
#include "tests/kernels/host_onchip.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace fabricast {
namespace {

constexpr std::uint64_t kSlotBytes = 1024;  // small, so that a call fills all slots several times

// None, one, odd, and large: more than the slots of a ring hold at once.
std::vector<std::uint64_t> counts_for(std::uint64_t element_bytes, int repeats) {
  std::vector<std::uint64_t> counts;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    counts.insert(counts.end(), {0, 1, 37, 6000 / element_bytes + 1});
  }
  return counts;
}

// A word per line of a cache, so that lines of LL128 lie as on a GPU.
struct alignas(128) CacheLine {
  std::array<std::byte, 128> bytes{};
};

// A collective with its workspace, run again and again without a reset. Nobody waits for the others
// between calls: the flags alone keep them apart.
template <typename Element, OnchipProtocol protocol>
class Collectives {
 public:
  using Bits = typename Element::Bits;

  Collectives(OnchipAlgorithm algorithm, int ranks, int channels, unsigned threads)
      : algorithm_(algorithm),
        ranks_(ranks),
        channels_(channels),
        threads_(threads),
        workspace_(onchip_workspace_bytes(plan(0)) / sizeof(CacheLine) + 1) {}

  [[nodiscard]] OnchipPlan plan(std::uint64_t count) const {
    return make_onchip_plan(
        algorithm_, protocol, ranks_, channels_, count, sizeof(Bits), kSlotBytes);
  }

  // input(rank, i) is sent; the outputs of all ranks, element by element.
  template <typename Input>
  std::vector<std::vector<Bits>> run(const std::vector<std::uint64_t>& counts, const Input& input) {
    std::vector<std::vector<Bits>> outputs(counts.size() * static_cast<std::size_t>(ranks_));
    on_virtual_ranks(ranks_, threads_, [&](int rank, const HostTeam& team) {
      for (std::size_t n = 0; n < counts.size(); ++n) {
        const Extents size = extents(info(algorithm_).collective, rank, ranks_, counts[n]);
        std::vector<Bits>& output =
            outputs[n * static_cast<std::size_t>(ranks_) + static_cast<std::size_t>(rank)];
        auto& mine = inputs_[static_cast<std::size_t>(rank)];
        if (team.thread() == 0) {
          output.assign(size.receive, static_cast<Bits>(0xA5A5A5A5A5A5A5A5ULL));
          mine.resize(size.send);
          for (std::uint64_t i = 0; i < size.send; ++i) {
            mine[i] = input(n, rank, i);
          }
        }
        team.sync();
        OnchipCall call{.plan = plan(counts[n]),
                        .workspace = reinterpret_cast<std::byte*>(workspace_.data())};
        call.send[rank] = mine.data();
        call.receive[rank] = output.data();
        for (int channel = 0; channel < channels_; ++channel) {
          onchip::run_block<protocol, HostMemory, Element>(call, rank, channel, team);
        }
        team.sync();
      }
    });
    return outputs;
  }

 private:
  OnchipAlgorithm algorithm_;
  int ranks_;
  int channels_;
  unsigned threads_;
  std::vector<CacheLine> workspace_;
  std::array<std::vector<Bits>, kMaxVirtualRanks> inputs_;
};

// What rank `rank` must hold at `i` when input(rank, i) is what each rank sent.
template <typename Element, typename Input>
typename Element::Bits expected(
    Collective c, int ranks, std::uint64_t count, int rank, std::uint64_t i, const Input& input) {
  if (c == Collective::kAllGather) {
    return input(static_cast<int>(i / count), i % count);
  }
  const std::uint64_t at =
      c == Collective::kReduceScatter ? static_cast<std::uint64_t>(rank) * count + i : i;
  typename Element::Wide sum = Element::widen(input(0, at));
  for (int r = 1; r < ranks; ++r) {
    sum += Element::widen(input(r, at));
  }
  return Element::narrow(sum);
}

// Sums of these are exact in every type, and differ between calls.
template <typename Element>
typename Element::Bits small_integer(std::size_t call, int rank, std::uint64_t i) {
  const auto r = static_cast<std::uint64_t>(rank);
  return Element::narrow(
      static_cast<typename Element::Wide>((r * 5 + i * 7 + call * 3 + i / 16) % 16));
}

template <typename Element, OnchipProtocol protocol>
void expect_exact(
    OnchipAlgorithm algorithm, int ranks, int channels, unsigned threads, int repeats) {
  using Bits = typename Element::Bits;
  const Collective c = info(algorithm).collective;
  const std::vector<std::uint64_t> counts = counts_for(sizeof(Bits), repeats);
  const auto input = [&](std::size_t call, int rank, std::uint64_t i) {
    // What only moves may be anything, for instance not a number.
    return info(c).reduces ? small_integer<Element>(call, rank, i)
                           : static_cast<Bits>((i + 1) * 0x9E3779B97F4A7C15ULL +
                                               static_cast<std::uint64_t>(rank) * 977 + call);
  };
  Collectives<Element, protocol> collectives(algorithm, ranks, channels, threads);
  const auto outputs = collectives.run(counts, input);
  for (std::size_t n = 0; n < counts.size(); ++n) {
    for (int rank = 0; rank < ranks; ++rank) {
      const auto& output =
          outputs[n * static_cast<std::size_t>(ranks) + static_cast<std::size_t>(rank)];
      for (std::uint64_t i = 0; i < output.size(); ++i) {
        const Bits right = expected<Element>(
            c, ranks, counts[n], rank, i, [&](int r, std::uint64_t at) { return input(n, r, at); });
        ASSERT_EQ(output[i], right) << info(algorithm).name << " " << name(c) << " "
                                    << info(protocol).name << ", rank " << rank << " of " << ranks
                                    << ", element " << i << " of " << counts[n] << ", call " << n;
      }
    }
  }
}

template <OnchipProtocol P>
struct With {
  static constexpr OnchipProtocol kProtocol = P;
};

template <typename Protocol>
class OnchipBody : public testing::Test {
 public:
  template <typename Element>
  static void expect_exact_for_all_ranks() {
    for (const auto& algorithm : kOnchipAlgorithms) {
      for (int ranks = 1; ranks <= kMaxVirtualRanks; ++ranks) {
        expect_exact<Element, Protocol::kProtocol>(algorithm.id, ranks, 1, 1, 2);
        if (testing::Test::HasFatalFailure()) {
          return;
        }
      }
    }
  }
};

using Protocols = testing::Types<With<OnchipProtocol::kFlag>,
                                 With<OnchipProtocol::kFence>,
                                 With<OnchipProtocol::kLl>,
                                 With<OnchipProtocol::kLl128>>;
TYPED_TEST_SUITE(OnchipBody, Protocols);

TYPED_TEST(OnchipBody, IsExactInFloat16) { this->template expect_exact_for_all_ranks<Float16>(); }
TYPED_TEST(OnchipBody, IsExactInBfloat16) { this->template expect_exact_for_all_ranks<Bfloat16>(); }
TYPED_TEST(OnchipBody, IsExactInFloat32) { this->template expect_exact_for_all_ranks<Float32>(); }
TYPED_TEST(OnchipBody, IsExactInFloat64) { this->template expect_exact_for_all_ranks<Float64>(); }
TYPED_TEST(OnchipBody, IsExactInInt32) { this->template expect_exact_for_all_ranks<Int32>(); }
TYPED_TEST(OnchipBody, IsExactInInt64) { this->template expect_exact_for_all_ranks<Int64>(); }

TYPED_TEST(OnchipBody, SharesItsLinesOverThreadsAndChannels) {
  for (const auto& algorithm : kOnchipAlgorithms) {
    for (const int ranks : {2, 3}) {
      expect_exact<Float16, TypeParam::kProtocol>(algorithm.id, ranks, 3, 2, 2);
    }
  }
}

TYPED_TEST(OnchipBody, NeedsNoResetBetweenHundredsOfCalls) {
  for (const auto& algorithm : kOnchipAlgorithms) {
    expect_exact<Float32, TypeParam::kProtocol>(algorithm.id, 3, 1, 1, 60);
  }
}

// Sums that depend on the order and on where they are rounded: all ranks agree to the last bit.
template <typename Element, OnchipProtocol protocol>
void expect_one_rounding_in_order(OnchipAlgorithm algorithm) {
  std::vector<typename Element::Bits> values(4096);
  std::mt19937 random(3);
  for (auto& v : values) {
    v = Element::narrow(std::ldexp(static_cast<float>(random()), -static_cast<int>(random() % 40)) *
                        0x1p-20F);
  }
  constexpr int kRanks = 5;
  const std::vector<std::uint64_t> counts = {701};
  const auto input = [&](int rank, std::uint64_t i) {
    return values[(i * 31 + static_cast<std::uint64_t>(rank) * 997) % values.size()];
  };
  Collectives<Element, protocol> collectives(algorithm, kRanks, 1, 1);
  const auto outputs = collectives.run(
      counts, [&](std::size_t /*call*/, int rank, std::uint64_t i) { return input(rank, i); });
  for (int rank = 0; rank < kRanks; ++rank) {
    for (std::uint64_t i = 0; i < counts[0]; ++i) {
      ASSERT_EQ(outputs[static_cast<std::size_t>(rank)][i],
                expected<Element>(info(algorithm).collective, kRanks, counts[0], rank, i, input))
          << rank << " " << i;
    }
  }
}

TYPED_TEST(OnchipBody, RoundsDirectSumsOnceInTheOrderOfTheRanks) {
  for (const auto algorithm :
       {OnchipAlgorithm::kOneShotAllReduce, OnchipAlgorithm::kDirectReduceScatter}) {
    expect_one_rounding_in_order<Float16, TypeParam::kProtocol>(algorithm);
    expect_one_rounding_in_order<Float32, TypeParam::kProtocol>(algorithm);
  }
}

// What the turns of all channels hand to pipes and outputs.
struct Traffic {
  std::uint64_t sent = 0;
  std::uint64_t kept = 0;
};
Traffic traffic(const OnchipPlan& p, int rank) {
  Traffic sum;
  for (int channel = 0; channel < p.channels; ++channel) {
    const onchip::Rounds r = onchip::rounds_of(p, channel);
    for (std::uint64_t round = 0; round < r.rounds; ++round) {
      for (int t = 0; t < r.turns; ++t) {
        const onchip::Turn turn = onchip::turn_of(p, r, rank, round, t);
        sum.sent += turn.count * static_cast<std::uint64_t>(turn.to_number);
        sum.kept += turn.keep ? turn.count : 0;
      }
    }
  }
  return sum;
}

TEST(OnchipPlan, SendsAsManyBytesAsTheTableSaysAndKeepsEachElementOnce) {
  for (const auto& a : kOnchipAlgorithms) {
    for (int ranks = 1; ranks <= kMaxVirtualRanks; ++ranks) {
      const std::uint64_t count = 840 * 16;  // divides by every number of ranks
      const OnchipPlan p = make_onchip_plan(a.id, OnchipProtocol::kLl128, ranks, 3, count, 4, 512);
      const bool blocks = info(a.collective).blocks_per_rank;
      const double message = static_cast<double>(count) * (blocks ? ranks : 1);
      std::uint64_t sent = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Traffic t = traffic(p, rank);
        sent += t.sent;
        EXPECT_EQ(t.kept, extents(a.collective, rank, ranks, count).receive) << a.name << ranks;
      }
      EXPECT_DOUBLE_EQ(static_cast<double>(sent), a.sent(ranks) * message * ranks)
          << a.name << " " << name(a.collective) << " " << ranks;
    }
  }
}

TEST(OnchipPlan, NeverMovesLessThanTheFloor) {
  const Bytes message(1e6);
  EXPECT_DOUBLE_EQ(onchip_floor(Collective::kAllReduce, 8, message).si(), 16e6);
  EXPECT_DOUBLE_EQ(onchip_floor(Collective::kAllGather, 8, message).si(), 9e6);
  EXPECT_DOUBLE_EQ(onchip_floor(Collective::kReduceScatter, 8, message).si(), 9e6);
  for (const auto& a : kOnchipAlgorithms) {
    for (const auto& p : kOnchipProtocols) {
      EXPECT_DOUBLE_EQ(onchip_moved(a, p, 1, message).si(),
                       onchip_floor(a.collective, 1, message).si());
      EXPECT_GT(onchip_moved(a, p, 2, message).si(), onchip_floor(a.collective, 2, message).si());
    }
  }
}

TEST(OnchipPlan, SlotsHoldWholeLinesOfTheirProtocol) {
  for (const auto& p : kOnchipProtocols) {
    for (const std::uint64_t element : {2U, 4U, 8U}) {
      const OnchipPlan plan =
          make_onchip_plan(OnchipAlgorithm::kRingAllReduce, p.id, 8, 1, 1, element);
      const std::uint64_t data = plan.slot_elements * element;
      EXPECT_EQ(data % 16, 0U);
      EXPECT_LE((data + p.data_bytes - 1) / p.data_bytes * p.line_bytes, plan.slot_bytes) << p.name;
    }
  }
}

}  // namespace
}  // namespace fabricast
