#include "core/algorithm.hpp"
#include "core/record.hpp"
#include "tests/e2e/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace fabricast {
namespace {

using nlohmann::json;

#define SKIP_WITHOUT_RANKS()                                  \
  if (const std::string why = why_no_ranks(); !why.empty()) { \
    GTEST_SKIP() << why;                                      \
  }

const std::string kMpirun = "mpirun --oversubscribe --bind-to none ";

TEST(MeasureCommand, WritesARowPerCaseWithNoWrongElement) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  const std::string file = folder.path("rows.jsonl");
  const Said said =
      run(kMpirun +
          "-np 4 @ measure --algorithm all --count 0,1,1001 -d all -n 3 --min-samples 2 "
          "--format csv -o " +
          file);
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const RecordFile rows = read_jsonl(file);
  // One node: no hierarchy. Of the library, one algorithm for each collective.
  const std::size_t algorithms = kCollectives.size() + kTextbookAlgorithms.size() - 1;
  EXPECT_EQ(rows.records.size(), algorithms * 3 * kDataTypes.size());  // counts
  for (const Record& r : rows.records) {
    EXPECT_EQ(r.ranks, 4);
    EXPECT_EQ(r.wrong_elements, 0U);
    EXPECT_EQ(r.rank_median_us.size(), 4U);
    EXPECT_FALSE(r.origin.versions.at("mpi").empty());
  }
  const auto lines = std::count(said.out.begin(), said.out.end(), '\n');
  EXPECT_EQ(lines, static_cast<long>(rows.records.size()) + 1);
}

TEST(MeasureCommand, OversubscriptionIsSaid) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  const std::string file = folder.path("rows.jsonl");
  const Said said = run("taskset -c 0 " + kMpirun +
                        "-np 2 @ measure --collective all_reduce --count 8 -n 3 -o " + file);
  if (said.exit_code == 127) {
    GTEST_SKIP() << "no taskset here";
  }
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const Record r = read_jsonl(file).records.at(0);
  EXPECT_TRUE(r.oversubscribed);
  EXPECT_NE(said.out.find("oversubscribed"), std::string::npos) << said.out;
}

TEST(MeasureCommand, VirtualRanksNeedAGpuAndOneProcess) {
  const Folder folder;
  const Said said =
      run("@ measure --backend onchip --ranks 4 --count 1001 -n 3 -o " + folder.path("rows.jsonl"));
  if (said.exit_code == 0) {  // on a GPU: three collectives, each ring and one more, four protocols
    const RecordFile rows = read_jsonl(folder.path("rows.jsonl"));
    EXPECT_EQ(rows.records.size(), 3U * 2 * 4);
    for (const Record& r : rows.records) {
      EXPECT_EQ(r.wrong_elements, 0U) << r.algorithm;
      EXPECT_TRUE(r.oversubscribed);
      EXPECT_NE(r.warnings.at(0).find("nothing crosses a link"), std::string::npos);
    }
  } else {
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_NE(said.err.find("GPU"), std::string::npos) << said.err;
  }
  const Said elsewhere = run("@ measure --backend nccl --ranks 4");
  EXPECT_EQ(elsewhere.exit_code, 2);
  EXPECT_NE(elsewhere.err.find("--ranks"), std::string::npos) << elsewhere.err;
}

TEST(MeasureCommand, APlantedBitFlipEndsWithCode1) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  for (const std::string seed : {"0", "1", "12345"}) {
    const Said said = run(
        kMpirun + "-np 2 @ measure --collective all_reduce --count 1000 -n 3 --plant-bit-flip " +
        seed + " -o " + folder.path("rows.jsonl"));
    EXPECT_EQ(said.exit_code, 1) << said.err;
    EXPECT_NE(said.err.find("1 wrong elements were found"), std::string::npos) << said.err;
  }
  for (const Record& r : read_jsonl(folder.path("rows.jsonl")).records) {
    EXPECT_FALSE(r.valid());
  }
}

TEST(MeasureCommand, StockGoogleBenchmarkJsonOnRequest) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  const Said said =
      run(kMpirun + "-np 2 @ measure --collective broadcast --bytes 64,1K --benchmark-out " +
          folder.path("gb.json"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json j = json::parse(folder.read("gb.json"));
  ASSERT_EQ(j["benchmarks"].size(), 2U);
  EXPECT_EQ(j["benchmarks"][0]["name"], "broadcast/mpi/library/float32/64/manual_time");
}

TEST(MeasureCommand, AFullDiskKeepsWhatIsThereAndEndsAllRanks) {
  SKIP_WITHOUT_RANKS();
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  const Said said =
      run(kMpirun + "-np 2 @ measure --collective all_reduce --bytes 64 -o /dev/full");
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("No space left"), std::string::npos) << said.err;
}

TEST(MeasureCommand, InterruptingKeepsTheFinishedRows) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  const std::string file = folder.path("rows.jsonl");
  const Said said = run("timeout -s INT 4 " + kMpirun +
                        "-np 2 @ measure --precision 0.000001 -n 1000000 "
                        "--time-cap 0.5 -o " +
                        file);
  EXPECT_NE(said.exit_code, 0);
  const RecordFile rows = read_jsonl(file);
  EXPECT_GE(rows.records.size(), 1U);
}

// measure -> fit -> predict -> report, each from the other's file.
TEST(Chain, AMeasurementBecomesAForecastOfMoreRanks) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  ASSERT_EQ(run(kMpirun + "-np 2 @ measure --algorithm all -b 64 -e 1M -f 8 --budget 6 -o " +
                folder.path("records.jsonl"))
                .exit_code,
            0);
  // Where two ranks have no processor each, there is rightly nothing to fit.
  if (read_jsonl(folder.path("records.jsonl")).records.at(0).oversubscribed) {
    GTEST_SKIP() << "fewer than two processors";
  }
  const Said fitted =
      run("@ fit " + folder.path("records.jsonl") + " -o " + folder.path("model.json"));
  ASSERT_EQ(fitted.exit_code, 0) << fitted.err;
  EXPECT_NE(fitted.out.find("held-out sizes"), std::string::npos);
  const Said predicted =
      run("@ predict --cluster host-box --collective all_reduce --ranks 16 --bytes 1M "
          "--format json --model " +
          folder.path("model.json"));
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  const json p = json::parse(predicted.out)["predictions"][0];
  const json& drivers = p["drivers"];
  EXPECT_TRUE(std::any_of(drivers.begin(), drivers.end(), [](const json& driver) {
    return driver["provenance"] == "measured";
  })) << drivers;
  EXPECT_EQ(p["extrapolation"]["from_ranks"], 2);
  EXPECT_TRUE(p["nccl_estimate_us"].is_null());
  const Said page = run("@ report " + folder.path() + " -o " + folder.path("report.html"));
  ASSERT_EQ(page.exit_code, 0) << page.err;
  EXPECT_NE(folder.read("report.html").find("<svg"), std::string::npos);
}

TEST(RunCommand, QuickLeavesAReportAForecastAndRecords) {
  SKIP_WITHOUT_RANKS();
  const Folder folder;
  const std::string results = folder.path("results");
  const Said said = run("@ run --quick --out " + results);
  ASSERT_EQ(said.exit_code, 0) << said.err;
  for (const char* file : {"records.jsonl",
                           "measured.csv",
                           "forecast.csv",
                           "report.html",
                           "forecast-all_reduce.json",
                           "forecast-all_gather.json"}) {
    EXPECT_TRUE(std::filesystem::exists(results + "/" + file)) << file;
  }
  EXPECT_NE(said.out.find("100,000 ranks"), std::string::npos) << said.out;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) !=
             0x80;  // UTF-8 continuation bytes take no column
    });
    EXPECT_LE(columns, 100) << line;
  }
  const Said again = run("@ run --quick --out " + results);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("never overwritten"), std::string::npos) << again.err;
}

TEST(RunCommand, WithoutMpirunItSaysWhatToInstall) {
  const Folder folder;
  const Said said = run("PATH=/nowhere @ run --quick --out " + folder.path("results"));
  EXPECT_EQ(said.exit_code, 2) << said.err;
  EXPECT_NE(said.err.find("openmpi-bin"), std::string::npos) << said.err;
}

}  // namespace
}  // namespace fabricast
