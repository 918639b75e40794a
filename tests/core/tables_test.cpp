// The tables are indexed by their enumerators: each row must stand at its own place.

#include "core/collective.hpp"
#include "core/datatype.hpp"
#include "core/provenance.hpp"
#include "core/record.hpp"

#include <gtest/gtest.h>

#include <set>

namespace fabricast {
namespace {

template <typename Table>
void expect_rows_in_place(const Table& table) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(table[i].id), i) << table[i].name;
    EXPECT_TRUE(names.insert(table[i].name).second) << table[i].name << " twice";
  }
}

TEST(Tables, RowsStandAtTheirEnumerator) {
  expect_rows_in_place(kCollectives);
  expect_rows_in_place(kDataTypes);
  expect_rows_in_place(kProvenances);
  expect_rows_in_place(kStopReasons);
  expect_rows_in_place(kReduceOps);
}

// NVIDIA/nccl-tests, doc/PERFORMANCE.md.
TEST(BusFactor, IsThatOfNcclTests) {
  using namespace literals;
  EXPECT_DOUBLE_EQ(info(Collective::kAllReduce).bus_factor(8), 1.75);
  EXPECT_DOUBLE_EQ(info(Collective::kAllGather).bus_factor(8), 0.875);
  EXPECT_DOUBLE_EQ(info(Collective::kReduceScatter).bus_factor(8), 0.875);
  EXPECT_DOUBLE_EQ(info(Collective::kAllToAll).bus_factor(4), 0.75);
  EXPECT_DOUBLE_EQ(info(Collective::kBroadcast).bus_factor(8), 1.0);
  EXPECT_EQ(in_GBps(busbw(Collective::kAllReduce, 2, 1_GiB, Seconds(1))),
            in_GBps(1_GiB / Seconds(1)));
}

TEST(BusFactor, OneRankHasNoBusBandwidth) {
  using namespace literals;
  EXPECT_EQ(busbw(Collective::kBroadcast, 1, 1_MiB, Seconds(1)).si(), 0.0);
}

}  // namespace
}  // namespace fabricast
