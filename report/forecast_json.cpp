#include "report/forecast_json.hpp"

#include "core/decimal.hpp"
#include "core/error.hpp"
#include "core/json_fields.hpp"
#include "core/names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <ostream>

namespace fabricast {

namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "fabricast.forecast/1";

// Twelve digits hide the noise of the conversion from seconds, and survive the way back.
double rounded(double value) { return fabricast::rounded(value, 12); }

double us(Seconds time) { return rounded(in_us(time)); }

json to_json(const Term& t) {
  return {
      {"name", t.name    },
      {"us",   us(t.time)}
  };
}

json to_json(const Driver& d) {
  return {
      {"input",      d.input           },
      {"share",      rounded(d.share)  },
      {"provenance", name(d.provenance)},
      {"source",     d.source          }
  };
}

template <typename Items>
json list(const Items& items) {
  json out = json::array();
  for (const auto& item : items) {
    out.push_back(to_json(item));
  }
  return out;
}

json rate(const Forecast& f, const Prediction& p, BytesPerSecond value) {
  return f.ranks > 1 && p.time.si() > 0 ? json(rounded(in_GBps(value))) : json(nullptr);
}

json to_json(const Extrapolation& e) {
  return {
      {"from_ranks", e.from_ranks    },
      {"ratio",      rounded(e.ratio)}
  };
}

json us_or_null(const std::optional<Seconds>& time) {
  return time ? json(us(*time)) : json(nullptr);
}

json to_json(const Forecast& f, const Prediction& p) {
  const Bytes message(static_cast<double>(p.bytes));
  json out;
  out["bytes"] = p.bytes;
  out["algorithm"] = p.algorithm;
  out["protocol"] = p.protocol;
  out["time_us"] = us(p.time);
  out["time_us_low"] = us(p.low);
  out["time_us_high"] = us(p.high);
  out["algbw_GBps"] = rate(f, p, algbw(message, p.time));
  out["busbw_GBps"] = rate(f, p, busbw(f.collective, f.ranks, message, p.time));
  out["provenance"] = name(p.provenance);
  out["extrapolation"] = to_json(p.extrapolation);
  out["terms"] = list(p.terms);
  out["drivers"] = list(p.drivers);
  out["nccl_estimate_us"] = us_or_null(p.nccl_estimate);
  out["datasheet_bound_us"] = us(p.datasheet_bound);
  return out;
}

JsonFields fields_of(const json& object, const std::string& where) {
  return {object, "forecast", where, "a file written by `fabricast predict --format json`"};
}

Term term_from_json(const json& object, const std::string& where) {
  JsonFields f = fields_of(object, where);
  Term t{f.take<std::string>("name"), f.take_us("us")};
  f.refuse_unknown();
  return t;
}

Driver driver_from_json(const json& object, const std::string& where) {
  JsonFields f = fields_of(object, where);
  Driver d;
  d.input = f.take<std::string>("input");
  d.share = f.take<double>("share");
  d.provenance = f.take_name("provenance", find_provenance, kProvenances);
  d.source = f.take<std::string>("source");
  f.refuse_unknown();
  return d;
}

Extrapolation extrapolation_from_json(const json& object, const std::string& where) {
  JsonFields f = fields_of(object, where);
  Extrapolation e;
  e.from_ranks = f.take_count<int>("from_ranks");
  e.ratio = f.take<double>("ratio");
  f.refuse_unknown();
  return e;
}

Prediction prediction_from_json(const json& object, const std::string& where) {
  JsonFields f = fields_of(object, where);
  Prediction p;
  p.bytes = f.take_count<std::uint64_t>("bytes");
  p.algorithm = f.take<std::string>("algorithm");
  p.protocol = f.take<std::string>("protocol");
  p.time = f.take_us("time_us");
  p.low = f.take_us("time_us_low");
  p.high = f.take_us("time_us_high");
  if (!(p.low <= p.time && p.time <= p.high)) {
    throw Error("forecast: time_us_low <= time_us <= time_us_high does not hold",
                where,
                "restore the file");
  }
  (void)f.take<json>("algbw_GBps");
  (void)f.take<json>("busbw_GBps");
  p.provenance = f.take_name("provenance", find_provenance, kProvenances);
  p.extrapolation =
      extrapolation_from_json(f.take<json>("extrapolation"), where + ", extrapolation");
  p.terms = f.take_list("terms", term_from_json);
  p.drivers = f.take_list("drivers", driver_from_json);
  p.nccl_estimate = f.take_us_or_null("nccl_estimate_us");
  p.datasheet_bound = f.take_us("datasheet_bound_us");
  f.refuse_unknown();
  return p;
}

}  // namespace

json to_json(const Forecast& f) {
  json predictions = json::array();
  for (const auto& p : f.predictions) {
    predictions.push_back(to_json(f, p));
  }
  return {
      {"schema",         kSchema               },
      {"cluster",        f.cluster             },
      {"collective",     name(f.collective)    },
      {"ranks",          f.ranks               },
      {"ranks_per_node", f.ranks_per_node      },
      {"nccl_version",   f.nccl_version        },
      {"selection",      f.selection           },
      {"calibration",    f.calibration         },
      {"predictions",    std::move(predictions)},
      {"notes",          f.notes               }
  };
}

void write_json(std::ostream& out, const Forecast& forecast) {
  out << to_json(forecast).dump(1, ' ', false, json::error_handler_t::replace) << '\n';
}

Forecast forecast_from_json(const json& json, const std::string& where) {
  JsonFields fields = fields_of(json, where);
  if (const auto schema = fields.take<std::string>("schema"); schema != kSchema) {
    throw Error("forecast schema '" + schema + "' is not known here",
                where,
                "this program reads " + std::string(kSchema));
  }
  Forecast f;
  f.cluster = fields.take<std::string>("cluster");
  f.collective = fields.take_name("collective", find_collective, kCollectives);
  f.ranks = fields.take_count<int>("ranks");
  f.ranks_per_node = fields.take_count<int>("ranks_per_node");
  f.nccl_version = fields.take<std::string>("nccl_version");
  f.selection = fields.take<std::string>("selection");
  f.calibration = fields.take<std::string>("calibration");
  f.predictions = fields.take_list("predictions", prediction_from_json);
  f.notes = fields.take<std::vector<std::string>>("notes");
  fields.refuse_unknown();
  return f;
}

Forecast read_forecast(const std::string& path) {
  std::ifstream in(path);
  if (!in) {
    throw Error("cannot read " + path, "", "a file written by `fabricast predict --format json`");
  }
  const json object = json::parse(in, nullptr, false);
  if (object.is_discarded()) {
    throw Error("this file is not JSON", path, "restore the file");
  }
  return forecast_from_json(object, path);
}

}  // namespace fabricast
