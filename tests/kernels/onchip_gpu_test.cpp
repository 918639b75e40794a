// Copy, sum and the collectives among virtual ranks on a GPU, against their bodies on the host.
// Skipped without one. About right answers, not about speed.
#include "core/pattern.hpp"
#include "kernels/copy_reduce_kernels.hpp"
#include "kernels/onchip_kernels.hpp"
#include "tests/kernels/gpu_memory.hpp"

#include <random>

namespace fabricast {
namespace {

constexpr std::array kSummedTypes = {DataType::kFloat16,
                                     DataType::kBfloat16,
                                     DataType::kFloat32,
                                     DataType::kFloat64,
                                     DataType::kInt32,
                                     DataType::kInt64};

class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = why_no_gpu(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
  }
};

std::vector<std::byte> random_bytes(std::uint64_t bytes) {
  static std::mt19937_64 random(5);
  std::vector<std::byte> data(bytes);
  for (auto& b : data) {
    b = static_cast<std::byte>(random());
  }
  return data;
}

TEST_F(OnGpu, CopyIsRightFromAnyAlignmentToAnyOther) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 17ULL, 4099ULL, 5'000'011ULL}) {
    for (std::uint64_t to = 0; to<16; to += bytes> 5000 ? 5 : 1) {
      for (std::uint64_t from = 0; from<16; from += bytes> 5000 ? 5 : 1) {
        const std::vector<std::byte> source = random_bytes(bytes + 64);
        const GpuBytes in(bytes + 64);
        const GpuBytes out(bytes + 64);
        in.set(source);
        ASSERT_EQ(launch_copy(out.data() + to, in.data() + from, bytes, nullptr), cudaSuccess);
        std::vector<std::byte> expected(bytes + 64, std::byte{0xA5});
        std::memcpy(expected.data() + to, source.data() + from, bytes);
        ASSERT_TRUE(out.get() == expected) << bytes << " bytes, " << from << " to " << to;
      }
    }
  }
}

// The same inputs through the body on the host: equal to the last bit, not-a-number aside.
template <typename Element>
void expect_sum_as_on_the_host(DataType type, std::uint64_t count, int inputs, std::uint64_t off) {
  using Bits = typename Element::Bits;
  const std::uint64_t bytes = count * sizeof(Bits) + 64;
  std::vector<std::vector<std::byte>> host;
  std::vector<GpuBytes> device;
  Inputs there;
  Inputs here;
  there.number = here.number = inputs;
  host.reserve(kMaxInputs);
  for (int k = 0; k < inputs; ++k) {
    host.push_back(random_bytes(bytes));
    device.emplace_back(bytes);
    device.back().set(host.back());
    there.data[k] = device.back().data() + off * sizeof(Bits);
    here.data[k] = host.back().data() + off * sizeof(Bits);
  }
  const GpuBytes out(bytes);
  std::vector<std::byte> expected(bytes, std::byte{0xA5});
  ASSERT_EQ(launch_reduce(out.data() + off * sizeof(Bits), there, type, count, nullptr),
            cudaSuccess);
  reduce_elements<Element>(reinterpret_cast<Bits*>(expected.data()) + off, here, count, Worker{});
  const std::vector<std::byte> got = out.get();
  const auto* a = reinterpret_cast<const Bits*>(got.data());
  const auto* b = reinterpret_cast<const Bits*>(expected.data());
  for (std::uint64_t i = 0; i < bytes / sizeof(Bits); ++i) {
    const auto wide = Element::widen(b[i]);
    const bool no_number = wide != wide;
    const auto mine = Element::widen(a[i]);
    ASSERT_TRUE(no_number ? mine != mine : a[i] == b[i])
        << name(type) << " " << i << " of " << count << ", " << inputs << " inputs";
  }
}

TEST_F(OnGpu, SumsAreThoseOfTheHostForEveryTypeAndNumberOfInputs) {
  for (const DataType type : kSummedTypes) {
    for (const std::uint64_t count : {0ULL, 1ULL, 37ULL, 100'003ULL}) {
      for (int inputs = 1; inputs <= kMaxInputs; ++inputs) {
        for (const std::uint64_t off : {0ULL, 1ULL}) {
          with_element(type, [&]<typename Element>(Element) {
            expect_sum_as_on_the_host<Element>(type, count, inputs, off);
          });
          if (HasFatalFailure()) {
            return;
          }
        }
      }
    }
  }
  EXPECT_EQ(launch_reduce(nullptr, Inputs{}, DataType::kFloat32, 1, nullptr),
            cudaErrorInvalidValue);
  EXPECT_EQ(launch_reduce(nullptr, {.number = 2}, DataType::kUint8, 1, nullptr),
            cudaErrorInvalidValue);
}

// One plan, its buffers and its workspace, called again and again.
template <typename Element>
class Collectives {
 public:
  using Bits = typename Element::Bits;

  Collectives(OnchipAlgorithm algorithm, OnchipProtocol protocol, int ranks, DataType type)
      : algorithm_(algorithm),
        protocol_(protocol),
        ranks_(ranks),
        type_(type),
        workspace_(onchip_workspace_bytes(plan(0, 1)), 0) {}

  void expect_exact(std::uint64_t count, int channels, int call_number) {
    const Collective c = info(algorithm_).collective;
    OnchipCall call{.plan = plan(count, channels), .workspace = workspace_.data()};
    std::vector<GpuBytes> in;
    std::vector<GpuBytes> out;
    for (int rank = 0; rank < ranks_; ++rank) {
      const Extents size = extents(c, rank, ranks_, count);
      std::vector<std::byte> host(size.send * sizeof(Bits));
      for (std::uint64_t i = 0; i < size.send; ++i) {
        const Bits bits = input(call_number, rank, i);
        std::memcpy(&host[i * sizeof(Bits)], &bits, sizeof bits);
      }
      in.emplace_back(host.size());
      in.back().set(host);
      out.emplace_back(size.receive * sizeof(Bits));
      call.send[rank] = in.back().data();
      call.receive[rank] = out.back().data();
    }
    ASSERT_EQ(launch_onchip(call, type_, nullptr), cudaSuccess);
    for (int rank = 0; rank < ranks_; ++rank) {
      const std::vector<std::byte> got = out[static_cast<std::size_t>(rank)].get();
      for (std::uint64_t i = 0; i < got.size() / sizeof(Bits); ++i) {
        const Bits right = expected(c, call_number, count, rank, i);
        ASSERT_EQ(std::memcmp(&got[i * sizeof(Bits)], &right, sizeof right), 0)
            << info(algorithm_).name << " " << name(c) << " " << info(protocol_).name << " "
            << name(type_) << ", rank " << rank << " of " << ranks_ << ", element " << i << " of "
            << count << ", call " << call_number;
      }
    }
  }

 private:
  [[nodiscard]] OnchipPlan plan(std::uint64_t count, int channels) const {
    return make_onchip_plan(algorithm_, protocol_, ranks_, channels, count, sizeof(Bits));
  }
  // Sums over 8 ranks are exact in every type.
  static Bits input(int call, int rank, std::uint64_t i) {
    const auto value = static_cast<std::uint64_t>(rank * 5 + call * 3) + i * 7 + i / 16;
    return Element::narrow(static_cast<typename Element::Wide>(value % 16));
  }
  Bits expected(Collective c, int call, std::uint64_t count, int rank, std::uint64_t i) const {
    if (c == Collective::kAllGather) {
      return input(call, static_cast<int>(i / count), i % count);
    }
    const std::uint64_t at =
        c == Collective::kReduceScatter ? static_cast<std::uint64_t>(rank) * count + i : i;
    typename Element::Wide sum{};
    for (int r = 0; r < ranks_; ++r) {
      sum += Element::widen(input(call, r, at));
    }
    return Element::narrow(sum);
  }

  OnchipAlgorithm algorithm_;
  OnchipProtocol protocol_;
  int ranks_;
  DataType type_;
  GpuBytes workspace_;
};

class OnchipOnGpu : public OnGpu, public testing::WithParamInterface<OnchipProtocol> {
 protected:
  // Counts around nothing, one and many slots; calls follow each other without a reset.
  template <typename Element>
  static void expect_exact(DataType type, int ranks) {
    for (const auto& algorithm : kOnchipAlgorithms) {
      int most = 0;
      ASSERT_EQ(onchip_channels(GetParam(), type, ranks, &most), cudaSuccess);
      ASSERT_GT(most, 0);
      Collectives<Element> collectives(algorithm.id, GetParam(), ranks, type);
      int call = 0;
      for (const std::uint64_t count : {0ULL, 1ULL, 37ULL, 10'007ULL, 50'021ULL, 1ULL}) {
        for (const int channels : {1, most}) {
          collectives.expect_exact(count, channels, call++);
          if (HasFatalFailure()) {
            return;
          }
        }
      }
    }
  }
};

TEST_P(OnchipOnGpu, IsExactInEveryTypeOnEightRanks) {
  for (const DataType type : kSummedTypes) {
    with_element(type, [&]<typename Element>(Element) { expect_exact<Element>(type, 8); });
    if (HasFatalFailure()) {
      return;
    }
  }
}

TEST_P(OnchipOnGpu, IsExactOnOneToSevenRanks) {
  for (int ranks = 1; ranks < 8 && !HasFatalFailure(); ++ranks) {
    expect_exact<Float32>(DataType::kFloat32, ranks);
  }
}

// 2000 calls queued one behind the other: a line that arrives in parts, or a flag that comes too
// early, has many chances to show.
TEST_P(OnchipOnGpu, GivesTheSameResultThousandsOfTimes) {
  constexpr std::uint64_t kCount = 262'144;
  constexpr int kRanks = 8;
  for (const auto& algorithm : kOnchipAlgorithms) {
    int most = 0;
    ASSERT_EQ(onchip_channels(GetParam(), DataType::kInt32, kRanks, &most), cudaSuccess);
    const bool blocks = info(algorithm.collective).blocks_per_rank;
    const OnchipPlan plan = make_onchip_plan(
        algorithm.id, GetParam(), kRanks, most, blocks ? kCount / kRanks : kCount, 4);
    const GpuBytes workspace(onchip_workspace_bytes(plan), 0);
    OnchipCall call{.plan = plan, .workspace = workspace.data()};
    std::vector<GpuBytes> in;
    std::vector<GpuBytes> out;
    for (int rank = 0; rank < kRanks; ++rank) {
      const Extents size = extents(algorithm.collective, rank, kRanks, plan.count);
      in.emplace_back(size.send * 4);
      in.back().set(random_bytes(size.send * 4));
      out.emplace_back(size.receive * 4);
      call.send[rank] = in.back().data();
      call.receive[rank] = out.back().data();
    }
    std::vector<std::vector<std::byte>> first;
    for (int round = 0; round < 20; ++round) {
      for (const GpuBytes& memory : out) {
        ASSERT_EQ(cudaMemsetAsync(memory.data(), round, 64, nullptr), cudaSuccess);
      }
      for (int repeat = 0; repeat < 100; ++repeat) {
        ASSERT_EQ(launch_onchip(call, DataType::kInt32, nullptr), cudaSuccess);
      }
      for (std::size_t rank = 0; rank < out.size(); ++rank) {
        if (round == 0) {
          first.push_back(out[rank].get());
        } else {
          ASSERT_TRUE(out[rank].get() == first[rank])
              << algorithm.name << " " << name(algorithm.collective) << ", rank " << rank;
        }
      }
    }
  }
}

TEST_P(OnchipOnGpu, RefusesMoreBlocksThanAreResidentAtOnce) {
  int fitting = 0;
  ASSERT_EQ(onchip_channels(GetParam(), DataType::kFloat32, 8, &fitting), cudaSuccess);
  if (fitting == kMaxChannels) {
    GTEST_SKIP() << "this GPU holds " << 8 * kMaxChannels << " blocks at once";
  }
  const OnchipCall call{
      .plan = make_onchip_plan(OnchipAlgorithm::kRingAllReduce, GetParam(), 8, fitting + 1, 0, 4)};
  EXPECT_EQ(launch_onchip(call, DataType::kFloat32, nullptr), cudaErrorCooperativeLaunchTooLarge);
  static_cast<void>(cudaGetLastError());
}

INSTANTIATE_TEST_SUITE_P(Protocols,
                         OnchipOnGpu,
                         testing::Values(OnchipProtocol::kFlag,
                                         OnchipProtocol::kFence,
                                         OnchipProtocol::kLl,
                                         OnchipProtocol::kLl128),
                         [](const auto& row) {
                           return std::string(fabricast::info(row.param).name);
                         });

}  // namespace
}  // namespace fabricast
