#include "core/record.hpp"
#include "tests/e2e/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace fabricast {
namespace {

using nlohmann::json;

const std::string kSamples = std::string(FABRICAST_SOURCE_DIR) + "/tests/importers/samples/";
const std::string kTwoBoxes = kSamples + "two_boxes.txt ";

TEST(ImportCommand, WritesRecordsAndSaysWhatTheyAreOf) {
  const Folder folder;
  const Said said =
      run("@ import " + kTwoBoxes + kSamples + "cut.txt -o " + folder.path("rows.jsonl"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(read_jsonl(folder.path("rows.jsonl")).records.size(), 62U);
  for (const char* word :
       {"all_reduce", "16 ranks on 2", "16 rows", "32 records", "cut short", "41"}) {
    EXPECT_NE(said.err.find(word), std::string::npos) << word << "\n" << said.err;
  }
}

TEST(ImportCommand, PipesIntoFitAndExpect) {
  const Folder folder;
  const Said fitted = run("cat " + kTwoBoxes + "| @ import - | @ fit - --cluster hgx-h100 -o " +
                          folder.path("model.json"));
  ASSERT_EQ(fitted.exit_code, 0) << fitted.err;
  const Said forecast =
      run("@ predict --model " + folder.path("model.json") +
          " --cluster hgx-h100 --collective all_reduce --ranks 8192 --bytes 1G --format json");
  ASSERT_EQ(forecast.exit_code, 0) << forecast.err;
  EXPECT_NE(json::parse(forecast.out)["calibration"].get<std::string>().find("measured here"),
            std::string::npos);
  const Said judged = run("@ import " + kSamples + "four_boxes_slow.txt | @ expect - --cluster " +
                          "hgx-h100 --model " + folder.path("model.json") + " --format json");
  EXPECT_EQ(judged.exit_code, 1) << judged.err;
  const json curve = json::parse(judged.out)["curves"][0];
  EXPECT_EQ(curve["rows"].back()["verdict"], "slow");
  EXPECT_EQ(curve["nccl_version"], "2.28.9");
  EXPECT_FALSE(curve["causes"].empty());
}

TEST(ImportCommand, AnImportedLogIsReported) {
  const Folder folder;
  ASSERT_EQ(run("@ import " + kTwoBoxes + "-o " + folder.path("rows.jsonl")).exit_code, 0);
  const Said page =
      run("@ report " + folder.path("rows.jsonl") + " -o " + folder.path("report.html"));
  ASSERT_EQ(page.exit_code, 0) << page.err;
  EXPECT_NE(folder.read("report.html").find("mean of 20 calls"), std::string::npos);
}

TEST(ExpectCommand, GoodRowsEndWithCode0InEveryFormat) {
  for (const std::string format : {"table", "csv", "json"}) {
    const Said said =
        run("@ import " + kTwoBoxes + "| @ expect - --cluster hgx-h100 --format " + format);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    EXPECT_NE(said.out.find("good"), std::string::npos);
  }
}

TEST(ExpectCommand, SeveralNodesNeedANamedNetwork) {
  const Said said = run("@ import " + kTwoBoxes + "| @ expect -");
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("--cluster"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("hgx-h100"), std::string::npos) << said.err;
}

TEST(ExpectCommand, WhatCannotBeJudgedIsSkipped) {
  const Folder folder;
  ASSERT_EQ(run("@ import " + kTwoBoxes + "-o " + folder.path("rows.jsonl")).exit_code, 0);
  const Said said = run("@ expect " + folder.path("rows.jsonl") + " --cluster host-box");
  EXPECT_EQ(said.exit_code, 77) << said.err;
  EXPECT_NE(said.out.find("host ranks"), std::string::npos) << said.out;
}

struct Bad {
  std::string line;
  std::string word;
};

TEST(ImportCommand, BadInputEndsWithCode2AWordOnTheCauseAndNoOutput) {
  const std::vector<Bad> list{
      {"@ import",                                           "logs"          },
      {"@ import /nowhere.log",                              "/nowhere.log"  },
      {"@ import /dev/null",                                 "nccl-tests"    },
      {"@ import " + kSamples + "four_times_rank_0.txt",     "MPI=1"         },
      {"@ import " + kTwoBoxes + "--collective all_redux",   "all_reduce"    },
      {"@ import " + kTwoBoxes + "--nodes 3",                "--nodes"       },
      {"@ import " + kTwoBoxes + "--nodes 0",                "--nodes"       },
      {"@ import " + kTwoBoxes + "-o /proc/nothing/x.jsonl", "/proc/nothing" },
      {"@ import " + kTwoBoxes + "--collective all_gather",  "none"          },
      {"@ expect /nowhere.jsonl",                            "/nowhere.jsonl"},
      {"@ expect /dev/null",                                 "no records"    },
      {"@ fit /dev/null --cluster hgx-h100",                 "no record"     },
  };
  for (const Bad& bad : list) {
    const Said said = run(bad.line);
    EXPECT_EQ(said.exit_code, 2) << bad.line << "\n" << said.err;
    EXPECT_NE(said.err.find(bad.word), std::string::npos) << bad.line << "\n" << said.err;
    EXPECT_EQ(said.out, "") << bad.line;
  }
}

}  // namespace
}  // namespace fabricast
