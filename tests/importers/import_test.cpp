// Every sample as a whole, and what an importer must not do silently.

#include "core/error.hpp"
#include "importers/nccl_tests_json.hpp"
#include "importers/nccl_tests_text.hpp"
#include "tests/importers/samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace fabricast {
namespace {

using test::import_sample;
using test::replaced;
using test::sample_text;

std::vector<NcclTestsRun> runs_of(const std::string& file) {
  const std::string text = sample_text(file);
  return file.ends_with(".json") ? std::vector{read_nccl_tests_json(text, file)}
                                 : read_nccl_tests_text(text);
}

TEST(Import, EverySampleGivesItsTablesRanksAndRows) {
  for (const auto& sample : test::samples()) {
    SCOPED_TRACE(sample.file);
    const auto tables = import_sample(sample.file);
    ASSERT_EQ(tables.size(), sample.tables.size());
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const auto& expected = sample.tables[i];
      ASSERT_TRUE(tables[i].collective);
      EXPECT_EQ(name(*tables[i].collective), name(expected.collective));
      EXPECT_EQ(tables[i].ranks, expected.ranks);
      EXPECT_EQ(tables[i].nodes, expected.nodes);
      EXPECT_EQ(tables[i].rows, expected.rows);
      EXPECT_EQ(static_cast<int>(tables[i].records.size()), expected.records);
      EXPECT_TRUE(tables[i].foreign.empty());
      EXPECT_TRUE(tables[i].remarks.empty());
    }
  }
}

TEST(Import, EveryRecordSaysWhereItComesFrom) {
  for (const auto& sample : test::samples()) {
    SCOPED_TRACE(sample.file);
    for (const auto& table : import_sample(sample.file)) {
      for (const Record& r : table.records) {
        EXPECT_EQ(r.origin.versions.at("nccl-tests"), sample.tests_version);
        EXPECT_EQ(r.origin.versions.contains("nccl"), !sample.nccl_version.empty());
        EXPECT_EQ(sample.nccl_version.empty() ? "" : r.origin.versions.at("nccl"),
                  sample.nccl_version);
        EXPECT_EQ(r.calls_per_sample, sample.calls);
        EXPECT_EQ(r.stopped_by, StopReason::kFixedCount);
        EXPECT_EQ(r.backend, "nccl");
        EXPECT_FALSE(r.origin.host.empty());
        EXPECT_FALSE(r.origin.machine.empty());
        EXPECT_FALSE(r.oversubscribed);
        EXPECT_EQ(r.wrong_elements, sample.file == "v1_all_reduce.json" ? r.wrong_elements : 0);
      }
    }
  }
}

// The rates of the record, recomputed, are those that were printed, within the last digit.
void expect_printed_rates(const Record& r, const PrintedResult& printed, bool old_algbw) {
  const Seconds time = r.samples_us.size() == 1 ? microseconds(r.samples_us.front())
                                                : microseconds(printed.time_us.value);
  const double relative = printed.time_us.rounding / printed.time_us.value;
  const auto near = [&](double recomputed, const PrintedNumber& rate) {
    EXPECT_NEAR(recomputed, rate.value, 1.01 * (rate.rounding + recomputed * relative) + 1e-9)
        << r.bytes << " B";
  };
  const double factor = old_algbw ? info(r.collective).bus_factor(r.ranks) : 1;
  near(factor * in_GBps(algbw(r.message(), time)), printed.algbw_GBps);
  near(in_GBps(busbw(r.collective, r.ranks, r.message(), time)), printed.busbw_GBps);
}

TEST(Import, RecomputedRatesOfEveryRecordAreThePrintedOnes) {
  for (const auto& sample : test::samples()) {
    if (sample.file.find("cpu_time") != std::string::npos) {
      continue;  // the time that is printed is not the wall clock's
    }
    SCOPED_TRACE(sample.file);
    const auto runs = runs_of(sample.file);
    const auto tables = import_sample(sample.file);
    for (std::size_t t = 0; t < tables.size(); ++t) {
      auto record = tables[t].records.begin();
      for (const PrintedRow& row : runs[t].rows) {
        for (const auto* printed : {&row.out_of_place, &row.in_place}) {
          if (*printed && row.bytes > 0) {
            ASSERT_NE(record, tables[t].records.end());
            EXPECT_EQ(record->bytes, row.bytes);
            EXPECT_EQ(record->in_place, printed == &row.in_place);
            expect_printed_rates(*record, **printed, sample.file == "2019_all_gather.txt");
            ++record;
          }
        }
      }
      EXPECT_EQ(record, tables[t].records.end());
    }
  }
}

TEST(Import, RecordsAreReadBack) {
  for (const auto& sample : test::samples()) {
    for (const auto& table : import_sample(sample.file)) {
      for (const Record& r : table.records) {
        std::ostringstream line;
        EXPECT_NO_THROW(write_jsonl(line, r));
        EXPECT_EQ(line.str().find("swordfish"), std::string::npos) << "the environment is secret";
      }
    }
  }
}

TEST(Import, ARowThatContradictsItselfIsSkippedWithItsLine) {
  const std::string text = sample_text("2022_all_reduce_tagged.txt");
  const std::size_t row = text.rfind("float");
  const std::size_t digit = text.find('.', text.find("stdout>:", row) + 20);
  std::string broken = text;
  broken[digit - 1] = broken[digit - 1] == '9' ? '1' : '9';
  const auto tables = import_log(broken, "log", {});
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].records.size(), 33U);
  ASSERT_EQ(tables[0].skipped.size(), 1U);
  const auto line = std::count(text.begin(), text.begin() + static_cast<long>(row), '\n') + 1;
  EXPECT_EQ(tables[0].skipped[0].line, line);
  EXPECT_NE(tables[0].skipped[0].text.find("contradict"), std::string::npos);
  EXPECT_FALSE(tables[0].remarks.empty());
}

TEST(Import, ANameThatTheRowsContradictIsReported) {
  const std::string text = replaced(
      sample_text("two_boxes.txt"), "starting: all_reduce_perf", "starting: reduce_scatter_perf");
  const auto tables = import_log(text, "log", {});
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_TRUE(tables[0].records.empty());
  EXPECT_EQ(tables[0].skipped.size(), 16U);
  ASSERT_FALSE(tables[0].remarks.empty());
  EXPECT_NE(tables[0].remarks.back().find("the rows are those of all_reduce"), std::string::npos)
      << tables[0].remarks.back();
}

TEST(Import, SeveralRunsOfRank0AreRefused) {
  try {
    import_sample("four_times_rank_0.txt");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("rank 0 is listed 4 times"), std::string::npos) << text;
    EXPECT_NE(text.find("MPI=1"), std::string::npos) << text;
    EXPECT_EQ(error.exit_code(), ExitCode::kBadInput);
  }
}

TEST(Import, ACutRunKeepsItsWholeRows) {
  const auto tables = import_sample("cut.txt");
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].rows, 16);
  EXPECT_EQ(tables[0].records.size(), 30U);
  ASSERT_EQ(tables[0].skipped.size(), 1U);
  EXPECT_EQ(tables[0].skipped[0].line, 41);
  EXPECT_NE(tables[0].remarks.at(0).find("cut short"), std::string::npos);
}

TEST(Import, AFailedRunIsToldWithItsReason) {
  const auto tables = import_sample("failed.txt");
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].rows, 0);
  EXPECT_TRUE(tables[0].records.empty());
  EXPECT_NE(tables[0].remarks.at(0).find("unhandled system error"), std::string::npos);
}

TEST(Import, WithoutDevicesTheOptionsSayTheRanks) {
  std::string text = sample_text("2022_all_reduce_tagged.txt");
  for (auto at = text.find("#  Rank"); at != std::string::npos; at = text.find("#  Rank")) {
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  const auto unknown = import_log(text, "log", {});
  EXPECT_EQ(unknown.at(0).records.size(), 0U);
  EXPECT_EQ(unknown.at(0).skipped.size(), 17U);
  EXPECT_NE(unknown.at(0).skipped.at(0).text.find("--nodes"), std::string::npos);
  const auto known = import_log(text, "log", {std::nullopt, 2, 8});
  ASSERT_EQ(known.at(0).records.size(), 34U);
  EXPECT_EQ(known.at(0).records[0].ranks, 16);
  EXPECT_EQ(known.at(0).records[0].ranks_per_node, 8);
  const auto wrong = import_log(text, "log", {std::nullopt, 4, 8});
  EXPECT_TRUE(wrong.at(0).records.empty()) << "busbw contradicts 32 ranks";
}

TEST(Import, OptionsPlaceRanksWhoseHostsAreHidden) {
  std::string text = sample_text("2022_all_reduce_tagged.txt");
  for (auto at = text.find(" node2 "); at != std::string::npos; at = text.find(" node2 ")) {
    text.replace(at, 7, " node1 ");
  }
  EXPECT_EQ(import_log(text, "log", {std::nullopt, 2, 0}).at(0).records.at(0).ranks_per_node, 8);
  EXPECT_EQ(import_log(text, "log", {std::nullopt, 0, 4}).at(0).nodes, 4);
  EXPECT_THROW(import_log(text, "log", {std::nullopt, 3, 0}), Error);
  EXPECT_THROW(import_log(text, "log", {std::nullopt, 3, 8}), Error);
}

TEST(Import, RanksOnOneGpuAreOversubscribed) {
  const std::string text = replaced(
      sample_text("2025_timestamps.txt"), "device  1 [0000:2b:00]", "device  0 [0000:1b:00]");
  const auto tables = import_log(text, "log", {});
  for (const Record& r : tables.at(0).records) {
    EXPECT_TRUE(r.oversubscribed);
  }
}

TEST(Import, ATextOfSomethingElseIsRefused) {
  for (const std::string text : {"", "hello\n", "{\"a\": 1}", "{", "# nothing\n8 2 float\n"}) {
    EXPECT_THROW(import_log(text, "log", {}), Error) << text;
  }
}

}  // namespace
}  // namespace fabricast
