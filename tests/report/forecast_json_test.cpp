#include "report/forecast_json.hpp"

#include "core/error.hpp"
#include "tests/report/golden.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace fabricast {
namespace {

using nlohmann::json;

json sample() { return to_json(test::sample_forecast()); }

std::string error_of(const json& object) {
  try {
    (void)forecast_from_json(object, "file.json");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(ForecastJson, IsAsStored) {
  std::ostringstream out;
  write_json(out, test::sample_forecast());
  test::expect_golden("forecast.json", out.str());
}

TEST(ForecastJson, HasTheKeysOfTheContract) {
  const json object = sample();
  EXPECT_EQ(object.at("schema"), "fabricast.forecast/1");
  for (const char* key :
       {"cluster", "collective", "ranks", "ranks_per_node", "nccl_version", "predictions"}) {
    EXPECT_TRUE(object.contains(key)) << key;
  }
  for (const char* key : {"bytes",
                          "algorithm",
                          "protocol",
                          "time_us",
                          "time_us_low",
                          "time_us_high",
                          "algbw_GBps",
                          "busbw_GBps",
                          "provenance",
                          "extrapolation",
                          "terms",
                          "drivers"}) {
    EXPECT_TRUE(object.at("predictions").at(0).contains(key)) << key;
  }
  const json& p = object.at("predictions").at(2);
  EXPECT_EQ(p.at("extrapolation"),
            (json{
                {"from_ranks", 4096},
                {"ratio",      24.4}
  }));
  EXPECT_EQ(p.at("terms").at(0),
            (json{
                {"name", "scale_out_latency"},
                {"us",   310.0              }
  }));
  EXPECT_EQ(p.at("drivers").at(0).at("share"), 0.61);
  EXPECT_TRUE(object.at("predictions").at(0).at("nccl_estimate_us").is_null());
}

TEST(ForecastJson, RatesAreMessageOverTimeTimesTheBusFactor) {
  const json p = sample().at("predictions").at(2);
  const double algbw = 1073741824.0 / p.at("time_us").get<double>() / 1e3;
  EXPECT_NEAR(p.at("algbw_GBps").get<double>(), algbw, 1e-9 * algbw);
  EXPECT_NEAR(p.at("busbw_GBps").get<double>(), algbw * 2 * 99999 / 100000, 1e-9 * algbw);
}

TEST(ForecastJson, OneRankHasNoRate) {
  Forecast f = test::sample_forecast();
  f.ranks = f.ranks_per_node = 1;
  EXPECT_TRUE(to_json(f).at("predictions").at(0).at("busbw_GBps").is_null());
}

TEST(ForecastJson, ReadsBackWhatItWrote) {
  const json first = sample();
  EXPECT_EQ(to_json(forecast_from_json(first, "x")).dump(), first.dump());
}

TEST(ForecastJson, HostileTextSurvives) {
  Forecast f = test::sample_forecast();
  f.cluster = "\"]}<&\\ \u202e";
  EXPECT_EQ(forecast_from_json(json::parse(to_json(f).dump()), "x").cluster, f.cluster);
  std::ostringstream out;
  write_json(out, test::hostile_report().forecasts.at(0));
  EXPECT_FALSE(json::parse(out.str(), nullptr, false).is_discarded());
}

TEST(ForecastJson, RefusesEveryMissingKeyByName) {
  for (const char* at : {"",
                         "/predictions/0",
                         "/predictions/0/extrapolation",
                         "/predictions/0/terms/0",
                         "/predictions/0/drivers/0"}) {
    const json part = sample().at(json::json_pointer(at));
    for (const auto& item : part.items()) {
      json object = sample();
      object.at(json::json_pointer(at)).erase(item.key());
      EXPECT_NE(error_of(object).find("'" + item.key() + "'"), std::string::npos)
          << item.key() << ": " << error_of(object);
    }
  }
}

struct Fault {
  std::string at;
  json value;
  std::string said;
};

TEST(ForecastJson, RefusesWhatItDoesNotUnderstandAndSaysWhere) {
  const std::vector<Fault> faults{
      {"/schema",                         "fabricast.forecast/2", "schema"                },
      {"/surprise",                       1,                      "surprise"              },
      {"/predictions/1/surprise",         1,                      "predictions[1]"        },
      {"/predictions/0/terms/0/surprise", 1,                      "terms[0]"              },
      {"/collective",                     "all_redcue",           "mean 'all_reduce'"     },
      {"/predictions/0/provenance",       "guess",                "provenance"            },
      {"/ranks",                          -1,                     "not a count"           },
      {"/ranks",                          1.5,                    "not a count"           },
      {"/ranks",                          1e10,                   "not a count"           },
      {"/cluster",                        5,                      "wrong kind"            },
      {"/predictions",                    5,                      "not a list"            },
      {"/predictions/0",                  5,                      "not a JSON object"     },
      {"/predictions/0/time_us",          nullptr,                "'time_us' is not"      },
      {"/predictions/0/time_us",          -1,                     "'time_us' is not"      },
      {"/predictions/0/time_us_low",      1e9,                    "time_us_low <= time_us"},
      {"/predictions/0/nccl_estimate_us", "x",                    "not a time"            },
  };
  for (const auto& fault : faults) {
    json object = sample();
    object[json::json_pointer(fault.at)] = fault.value;
    const std::string error = error_of(object);
    EXPECT_NE(error.find(fault.said), std::string::npos) << fault.at << ": " << error;
    EXPECT_NE(error.find("file.json"), std::string::npos) << fault.at << ": " << error;
  }
}

TEST(ReadForecast, SaysWhichFileCannotBeRead) {
  try {
    (void)read_forecast("/no/such/file.json");
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("/no/such/file.json"), std::string::npos);
  }
}

}  // namespace
}  // namespace fabricast
