#include "tests/e2e/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace fabricast {
namespace {

using nlohmann::json;

TEST(PredictCommand, PrintsTheContractsJson) {
  const Said said = run(
      "@ predict --cluster colossus-100k --collective all_reduce --ranks 100000 --bytes 8,1K,1M,1G "
      "--format json");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  const json j = json::parse(said.out);
  EXPECT_EQ(j["schema"], "fabricast.forecast/1");
  EXPECT_EQ(j["cluster"], "colossus-100k");
  EXPECT_EQ(j["collective"], "all_reduce");
  EXPECT_EQ(j["ranks"], 100000);
  EXPECT_EQ(j["ranks_per_node"], 8);
  EXPECT_FALSE(j["nccl_version"].get<std::string>().empty());
  ASSERT_EQ(j["predictions"].size(), 4U);
  for (const json& p : j["predictions"]) {
    EXPECT_NE(p["algorithm"], "ring");
    EXPECT_LT(p["time_us_low"].get<double>(), p["time_us"].get<double>());
    EXPECT_GT(p["time_us_high"].get<double>(), p["time_us"].get<double>());
    EXPECT_GT(p["busbw_GBps"].get<double>(), p["algbw_GBps"].get<double>());
    EXPECT_FALSE(p["provenance"].get<std::string>().empty());
    EXPECT_EQ(p["extrapolation"]["from_ranks"], 4096);
    EXPECT_FALSE(p["drivers"].empty());
    double sum = 0;
    for (const json& term : p["terms"]) {
      sum += term["us"].get<double>();
    }
    EXPECT_NEAR(sum, p["time_us"].get<double>(), 1e-6 * sum);
  }
}

TEST(PredictCommand, AnswersManyCasesAtOnce) {
  const Folder folder;
  folder.write("cases.csv",
               "case_id,cluster,collective,ranks,ranks_per_node,bytes,algorithm\n"
               "a,colossus-100k,all_reduce,100000,8,1G,\n"
               "\"b,2\",hgx-h100,all_gather,64,8,1048576,best\n");
  const Said said =
      run("@ predict --cases " + folder.path("cases.csv") + " -o " + folder.path("out.csv"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const std::string answers = folder.read("out.csv");
  EXPECT_EQ(answers.find("case_id,time_us,time_us_low,time_us_high,algorithm,protocol\na,"), 0U);
  EXPECT_NE(answers.find("\n\"b,2\","), std::string::npos);
}

TEST(PredictCommand, AFaultyCaseNamesItsLineAndWritesNothing) {
  const Folder folder;
  folder.write("cases.csv",
               "case_id,cluster,collective,ranks,ranks_per_node,bytes\n"
               "a,colossus-100k,all_reduce,100000,8,1G\n"
               "b,colossus-100k,all_reduce,1001,8,1G\n");
  const Said said =
      run("@ predict --cases " + folder.path("cases.csv") + " -o " + folder.path("out.csv"));
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("cases.csv:3"), std::string::npos) << said.err;
  EXPECT_EQ(folder.read("out.csv"), "");
}

TEST(Predict, RegisteredBuffersAreTakenBySymmetricKernels) {
  const Said said =
      run("@ predict --cluster hgx-h100 --collective all_reduce --ranks 8 --bytes 1M --registered");
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("symmetric/simple"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("ncclCommWindowRegister"), std::string::npos) << said.out;
}

struct Bad {
  const char* line;
  const char* word;
};
constexpr Bad kBad[]{
    {"@",                                                                                           "subcommand"    },
    {"@ predict",                                                                                   "--cluster"     },
    {"@ predict --cluster colosus-100k --collective all_reduce --ranks 8 --bytes 8",
     "colossus-100k"                                                                                                },
    {"@ predict --cluster hgx-h100 --collective all_redux --ranks 8 --bytes 8",                     "all_reduce"    },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks 8 --bytes -8",                   "--bytes"       },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks 12 --bytes 8",                   "divide"        },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks many --bytes 8",                 "ranks"         },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks 8 --bytes 8 --algorithm pat",
     "ring"                                                                                                         },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks 8 --bytes 8 --nccl-version 9.9",
     "9.9"                                                                                                          },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks 16 --bytes 8 --algorithm "
     "symmetric",                                                                              "2 nodes"       },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks 8 --bytes 8 --model /nowhere",
     "/nowhere"                                                                                                     },
    {"@ predict --cluster hgx-h100 --collective all_reduce --ranks 8 --bytes 8 --format xml",
     "format"                                                                                                       },
    {"@ predict --cluster /nowhere/x.toml --collective all_reduce --ranks 8 --bytes 8",             "/nowhere"      },
    {"@ predict --cases /nowhere.csv -o /dev/null",                                                 "/nowhere.csv"  },
    {"@ fit /nowhere.jsonl",                                                                        "/nowhere.jsonl"},
    {"@ report /nowhere",                                                                           "/nowhere"      },
    {"@ clusters show hgx-h100 --set fabric.rials=4",                                               "fabric.rails"  },
    {"@ clusters show hgx-h100 --set fabric.rails",                                                 "KEY=VALUE"     },
    {"@ clusters show nothing",                                                                     "colossus-100k" },
    {"@ measure --collective all_redux",                                                            "all_reduce"    },
    {"@ measure --backend cuda",                                                                    "nccl"          },
    {"@ measure -b 1M -e 1K",                                                                       "-b"            },
    {"@ measure --bytes 3 --collective all_reduce",                                                 "multiple of 4" },
    {"@ measure --bytes 8 -o /proc/nothing/x.jsonl",                                                "--out"         },
    {"@ measure --bytes 8 --type float8",                                                           "float16"       },
    {"@ run --out /proc/nothing",                                                                   "--out"         },
    {"@ run --cluster colosus",                                                                     "colossus-100k" },
};

TEST(BadInput, EndsWithCode2AWordOnTheCauseAndNoOutput) {
  for (const Bad& bad : kBad) {
    const Said said = run(bad.line);
    EXPECT_EQ(said.exit_code, 2) << bad.line << "\n" << said.err;
    EXPECT_NE(said.err.find(bad.word), std::string::npos) << bad.line << "\n" << said.err;
    EXPECT_EQ(said.out, "") << bad.line;
  }
}

TEST(BadInput, MalformedTomlNamesFileAndLine) {
  const Folder folder;
  folder.write("bad.toml", "schema = 1\n[cluster\nid = 3\n");
  const Said said = run("@ clusters check " + folder.path("bad.toml"));
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("bad.toml:2"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("try: "), std::string::npos) << said.err;
}

TEST(Clusters, AreAllGood) {
  const Said said = run("@ clusters check");
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("superpod-h100        switches: leaf 32, spine 16\n"), std::string::npos)
      << said.out;
  EXPECT_NE(said.out.find("switches: tor 240, agg 120"), std::string::npos) << said.out;
}

TEST(Clusters, AreShownAsTheyWouldBe) {
  const Said said = run("@ clusters show p5 --set 'fabric.tier[spine].oversub=1,4' --sources");
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("what if: fabric.tier.spine.oversub=4\naws-p5: "), std::string::npos)
      << said.out;
  EXPECT_NE(said.out.find("set on the command line"), std::string::npos);
}

TEST(Help, EverySubcommandExplainsItself) {
  EXPECT_EQ(run("@ --help").exit_code, 0);
  EXPECT_EQ(run("@ --version").exit_code, 0);
  for (const std::string sub :
       {"run", "doctor", "measure", "import", "fit", "predict", "expect", "report", "clusters"}) {
    const Said said = run("@ " + sub + " --help");
    EXPECT_EQ(said.exit_code, 0) << sub;
    EXPECT_NE(said.out.find("Usage"), std::string::npos) << sub;
  }
}

TEST(Doctor, SaysWhatThisMachineCanMeasure) {
  const Said said = run("@ doctor");
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("processor"), std::string::npos);
  EXPECT_NE(said.out.find("GPUs"), std::string::npos);
}

TEST(ValidateCommand, ScoresAndDrawsWhatWasLeftOut) {
  const Folder folder;
  const Said said = run("@ validate --format json --html " + folder.path("validation.html"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json j = json::parse(said.out);
  for (const char* setting : {"cold", "warm", "fitted"}) {
    EXPECT_GT(j[setting]["parts"].size(), 5U) << setting;
  }
  const json& first = j["cold"]["parts"][0];
  EXPECT_GT(first["coverage"], 0.5);
  // Without this the model would be no better than what it starts from.
  EXPECT_LT(first["model"]["p90_error_pct"], first["baselines"]["NCCL as is"]["p90_error_pct"]);
  EXPECT_NE(folder.read("validation.html").find("<svg"), std::string::npos);
}

TEST(PredictCommand, AListOfValuesIsASweep) {
  const Said said =
      run("@ predict --cluster colossus-100k --collective all_to_all --ranks 100000 --bytes 256G "
          "--set 'fabric.tier[spine].oversub=1,4' --format json");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json list = json::parse(said.out);
  ASSERT_EQ(list.size(), 2U);
  const auto us = [&](std::size_t i) { return list[i]["predictions"][0]["time_us"].get<double>(); };
  EXPECT_GT(us(1), 2 * us(0));
  EXPECT_NE(list[1]["cluster"].get<std::string>().find("oversub=4"), std::string::npos);
}

}  // namespace
}  // namespace fabricast
