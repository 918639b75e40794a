#include "core/origin.hpp"

#include "core/error.hpp"
#include "core/json_fields.hpp"
#include "core/provenance.hpp"

#include <nlohmann/json.hpp>

namespace fabricast {

nlohmann::json origin_json(const Origin& o) {
  nlohmann::json object{
      {"time_utc",     o.time_utc                 },
      {"command_line", o.command_line             },
      {"fabricast",    o.fabricast                },
      {"host",         o.host                     },
      {"machine",      o.machine                  },
      {"cores",        o.cores                    },
      {"versions",     o.versions                 },
      {"provenance",   name(Provenance::kMeasured)}
  };
  if (!o.environment.empty()) {
    object["environment"] = o.environment;
  }
  return object;
}

Origin take_origin(JsonFields& f) {
  if (const auto p = f.take<std::string>("provenance"); p != name(Provenance::kMeasured)) {
    throw Error("record: provenance '" + p + "'", f.where(), "a record is always measured");
  }
  Origin o;
  o.time_utc = f.take<std::string>("time_utc");
  o.command_line = f.take<std::string>("command_line");
  o.fabricast = f.take<std::string>("fabricast");
  o.host = f.take<std::string>("host");
  o.machine = f.take<std::string>("machine");
  o.cores = f.take_count<int>("cores");
  o.versions = f.take<std::map<std::string, std::string>>("versions");
  if (f.has("environment")) {
    o.environment = f.take<std::map<std::string, std::string>>("environment");
  }
  return o;
}

std::optional<StopReason> find_stop_reason(std::string_view name) {
  for (const auto& row : kStopReasons) {
    if (row.name == name) {
      return row.id;
    }
  }
  return std::nullopt;
}

void refuse_bad_times(const std::vector<double>& times_us, const std::string& where) {
  for (const double us : times_us) {
    if (!(us >= 0 && us < 1e15)) {
      throw Error("record: a time is negative or absurd", where, "times in microseconds");
    }
  }
}

}  // namespace fabricast
