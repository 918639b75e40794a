#include "core/chosen.hpp"

#include "core/error.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace fabricast {
namespace {

Chosen sample() {
  Chosen c;
  c.cell = {"ring", "ll128"};
  c.channels = 24;
  c.warps = 17;
  c.estimate_us = 12.5;
  c.cost_table_us = {
      {"ring/ll128",  12.5},
      {"nvls/simple", 30  }
  };
  c.source = "profiler v5, tuner v5";
  return c;
}

TEST(Chosen, WhatIsWrittenIsReadBack) {
  const auto json = to_json(sample());
  EXPECT_EQ(json.size(), 7U);
  EXPECT_EQ(to_json(chosen_from_json(json, "here")), json);
}

TEST(Chosen, WhatIsNotKnownIsNotWritten) {
  Chosen c;
  c.cell = {"symmetric", ""};
  c.source = "profiler v6";
  const auto json = to_json(c);
  EXPECT_EQ(json.size(), 2U);
  EXPECT_EQ(to_json(chosen_from_json(json, "here")), json);
  EXPECT_EQ(text(c), "symmetric");
}

TEST(Chosen, AFaultIsRefusedWithItsName) {
  const auto expect_refused = [](const char* key, const nlohmann::json& value, const char* word) {
    auto json = to_json(sample());
    json[key] = value;
    try {
      chosen_from_json(json, "file:7");
      ADD_FAILURE() << "accepted: " << json;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  expect_refused("algorithm", "rin", "ring");
  expect_refused("protocol", "LL", "ll128");
  expect_refused("channels", -1, "channels");
  expect_refused("estimate_us", -1.0, "estimate_us");
  expect_refused("cost_table_us",
                 {
                     {"ring/long", 1.0}
  },
                 "ring/long");
  expect_refused("cost_table_us",
                 {
                     {"ring/ll", -1.0}
  },
                 "ring/ll");
  expect_refused("colour", "red", "colour");
}

TEST(ChoiceCells, EachIsForcedByItsSettingsAndRecognisedByThem) {
  const auto cells = forcible_cells({});
  EXPECT_EQ(cells.size(), 2 * kChoiceProtocols.size() + kForcibleAlgorithms - 2);
  for (const ChoiceCell& cell : cells) {
    EXPECT_EQ(forced_cell(settings_for(cell)), cell) << text(cell);
    EXPECT_EQ(parse_cell(text(cell)), cell);
    EXPECT_TRUE(can_run(cell, Collective::kAllReduce) || cell.algorithm == "pat");
  }
}

TEST(ChoiceCells, SettingsThatLeaveAChoiceForceNothing) {
  using Settings = std::map<std::string, std::string>;
  EXPECT_FALSE(forced_cell({}));
  EXPECT_FALSE(forced_cell(Settings{
      {"NCCL_ALGO", "Ring"}
  }));
  EXPECT_FALSE(forced_cell(Settings{
      {"NCCL_ALGO",  "Ring,Tree"},
      {"NCCL_PROTO", "LL"       }
  }));
  EXPECT_FALSE(forced_cell(Settings{
      {"NCCL_ALGO",  "^Ring"},
      {"NCCL_PROTO", "LL"   }
  }));
  EXPECT_EQ(forced_cell(Settings{
                {"NCCL_ALGO",  "RING"  },
                {"NCCL_PROTO", "simple"}
  }),
            (ChoiceCell{"ring", "simple"}));
}

TEST(ChoiceCells, AWordThatIsNoneIsAnsweredWithThoseThatExist) {
  EXPECT_THROW(parse_cell("nvls/ll"), Error);
  EXPECT_THROW(forcible_cells({"symmetric"}), Error);
  EXPECT_EQ(forcible_cells({"tree"}).size(), 3U);
  EXPECT_EQ(forcible_cells({"pat"}).size(), 1U);
}

}  // namespace
}  // namespace fabricast
