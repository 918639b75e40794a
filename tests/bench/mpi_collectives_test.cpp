// Every collective x algorithm x type x size on real MPI ranks. Started by mpirun; all ranks run
// the same cases in the same order, and a failure on any of them fails the program.

#include "bench/backends/mpi.hpp"
#include "bench/host/algorithms.hpp"
#include "bench/mpi_control.hpp"
#include "bench/sampler.hpp"
#include "core/pattern.hpp"

#include <gtest/gtest.h>

#include <random>

namespace fabricast {
namespace {

MpiControl* g_control = nullptr;

const StoppingRule kThreeCalls{.warmup = 1, .min_samples = 2, .max_samples = 2};

std::uint64_t wrong_elements(Backend& backend,
                             const Case& c,
                             const std::optional<PlantedFlip>& flip = std::nullopt) {
  Watchdog watchdog(Seconds(60), "rank " + std::to_string(g_control->process()));
  watchdog.describe(std::string(name(c.collective)) + " " + c.algorithm);
  const auto operation = backend.prepare(c);
  return sample(*operation, *g_control, kThreeCalls, watchdog, flip).wrong_elements;
}

template <typename Types>
std::vector<Case> all_cases(const Backend& backend,
                            const Types& types,
                            ReduceOp op,
                            const std::vector<std::uint64_t>& counts) {
  std::vector<Case> cases;
  for (const auto& offer : backend.offers()) {
    if (op != ReduceOp::kSum && !info(offer.collective).reduces) {
      continue;
    }
    for (const auto& algorithm : offer.algorithms) {
      for (const auto& type : types) {
        for (const std::uint64_t count : counts) {
          const Case c{offer.collective, algorithm, type.id, count, op};
          if (backend.why_not(c).empty()) {
            cases.push_back(c);
          }
        }
      }
    }
  }
  return cases;
}

std::string describe(const Case& c) {
  return std::string(name(c.collective)) + " " + c.algorithm + " " + std::string(name(c.type)) +
         " " + std::string(name(c.op)) + " " + std::to_string(c.count);
}

// One type of each width.
constexpr std::array kOfEachWidth{info(DataType::kFloat8E4M3),
                                  info(DataType::kBfloat16),
                                  info(DataType::kFloat32),
                                  info(DataType::kInt64)};

// Zero, one, fewer than the ranks, odd, and large enough for every message protocol of MPI.
TEST(HostCollectives, HaveNoWrongElementAtAnySize) {
  const auto backend = make_mpi_backend(*g_control, 0);
  for (const Case& c : all_cases(*backend, kDataTypes, ReduceOp::kSum, {1, 1001})) {
    ASSERT_EQ(wrong_elements(*backend, c), 0U) << describe(c);
  }
  for (const Case& c : all_cases(*backend, kOfEachWidth, ReduceOp::kSum, {0, 3, 100'003})) {
    ASSERT_EQ(wrong_elements(*backend, c), 0U) << describe(c);
  }
}

TEST(HostCollectives, HaveNoWrongElementUnderAnyOperator) {
  const auto backend = make_mpi_backend(*g_control, 0);
  for (const ReduceOp op : {ReduceOp::kProd, ReduceOp::kMin, ReduceOp::kMax}) {
    for (const Case& c : all_cases(*backend, kDataTypes, op, {1001})) {
      ASSERT_EQ(wrong_elements(*backend, c), 0U) << describe(c);
    }
  }
  EXPECT_TRUE(all_cases(*backend, kDataTypes, ReduceOp::kPreMulSum, {1}).empty());
  for (const Case& c : all_cases(*backend, kDataTypes, ReduceOp::kAvg, {1})) {
    EXPECT_FALSE(info(c.collective).reduces) << describe(c);
  }
}

TEST(HostCollectives, HaveNoWrongElementInPlace) {
  const auto backend = make_mpi_backend(*g_control, 0);
  int runs = 0;
  for (Case c : all_cases(*backend, kOfEachWidth, ReduceOp::kSum, {0, 1, 1001, 100'003})) {
    c.in_place = true;
    if (info(c.collective).in_place && backend->why_not(c).empty()) {
      ASSERT_EQ(wrong_elements(*backend, c), 0U) << describe(c);
      ++runs;
    }
  }
  EXPECT_EQ(runs, 7 * 4 * 4);  // collectives, types, counts
}

TEST(HostCollectives, HierarchicalIsRightOnPretendedNodes) {
  for (int per_node = 1; per_node < g_control->processes(); ++per_node) {
    if (g_control->processes() % per_node != 0) {
      continue;
    }
    const auto backend = make_mpi_backend(*g_control, per_node);
    for (const std::uint64_t count : {0U, 1U, 5U, 1001U, 50'000U}) {
      const Case c{Collective::kAllReduce, "hierarchical", DataType::kBfloat16, count};
      ASSERT_EQ(wrong_elements(*backend, c), 0U) << per_node << " per node, " << count;
    }
  }
}

TEST(HostCollectives, APlantedBitFlipIsFound1000TimesOf1000) {
  const auto backend = make_mpi_backend(*g_control, 0);
  const std::vector<Case> cases = all_cases(*backend, kDataTypes, ReduceOp::kSum, {1, 67});
  std::mt19937_64 random(20240722);  // the same on every rank
  int planted = 0;
  int found = 0;
  while (planted < 1000) {
    const Case& c = cases[random() % cases.size()];
    const auto process = static_cast<int>(random() % static_cast<unsigned>(g_control->processes()));
    const std::uint64_t bit = random();
    const bool holds_data = extents(c.collective, process, backend->ranks(), c.count).receive > 0;
    if (!holds_data) {
      continue;  // off the root of a reduce there is no result that could be flipped
    }
    ++planted;
    found += wrong_elements(*backend, c, PlantedFlip{process, bit}) == 1 ? 1 : 0;
  }
  EXPECT_EQ(found, planted);
}

// The schedules that the model prices are those that ran: counted on the busiest rank.
TEST(HostCollectives, StepsAndBytesAreThoseOfTheTable) {
  const Layout layout{g_control->processes(), g_control->processes()};
  constexpr std::uint64_t kCount = 16 * 3 * 5 * 7;  // divides by 1 to 7 ranks
  for (const auto& row : kHostAlgorithms) {
    const TextbookAlgorithm* claimed = find_textbook(row.collective, row.name);
    ASSERT_NE(claimed, nullptr) << row.name;
    PointToPoint link(g_control->communicator(), g_control->wait());
    const Extents size = extents(row.collective, g_control->process(), layout.ranks, kCount);
    std::vector<std::byte> send(size.send * 4 + 1);
    std::vector<std::byte> receive(std::max(size.receive, size.send) * 4 + 1);
    std::vector<std::byte> scratch;
    row.run({link, layout, DataType::kFloat32, kCount, send.data(), receive.data(), scratch});
    const auto blocks = info(row.collective).blocks_per_rank ? layout.ranks : 1;
    const double message = static_cast<double>(kCount) * 4 * blocks;
    const Schedule s = claimed->schedule(layout);
    EXPECT_EQ(g_control->max(static_cast<double>(link.steps())), s.steps)
        << name(row.collective) << " " << row.name;
    EXPECT_NEAR(g_control->max(static_cast<double>(link.wire_bytes())), s.wire * message, 1e-6)
        << name(row.collective) << " " << row.name;
  }
}

TEST(HostCollectives, EveryTextbookRowHasCode) {
  EXPECT_EQ(kHostAlgorithms.size(), kTextbookAlgorithms.size());
}

}  // namespace
}  // namespace fabricast

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  fabricast::MpiControl control;
  fabricast::g_control = &control;
  if (!control.is_root()) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  const int mine = RUN_ALL_TESTS();
  return control.max(mine) != 0 ? 1 : 0;
}
