#include "core/record.hpp"

#include "core/error.hpp"
#include "core/json_fields.hpp"
#include "core/names.hpp"
#include "core/sample_shape.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <optional>
#include <ostream>

namespace fabricast {

namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "fabricast.record/1";

// Derived values are written for readers of the file; reading ignores and recomputes them.
json derived(const Record& r) {
  const Summary s = r.summary();
  const Seconds median = microseconds(s.median);
  json out{
      {"n",              s.n      },
      {"median_us",      s.median },
      {"median_low_us",  s.low    },
      {"median_high_us", s.high   },
      {"min_us",         s.min    },
      {"p95_us",         s.p95    },
      {"p99_us",         s.p99    },
      {"valid",          r.valid()}
  };
  if (!r.device_samples_us.empty()) {
    out["device_median_us"] = summarize(r.device_samples_us).median;
  }
  if (const auto skew = find_skew(r.rank_median_us)) {
    out["slowest_rank"] = skew->slowest_rank;
    out["slowest_rank_excess"] = skew->excess;
  }
  if (const auto drift = find_drift(r.samples_us)) {
    out["drift"] = drift->change;
  }
  if (const auto modes = find_two_modes(r.samples_us)) {
    out["modes_us"] = {modes->fast, modes->slow};
    out["slow_mode_share"] = modes->slow_share;
  }
  if (r.ranks > 1 && s.median > 0) {  // for one rank nothing crossed a link: no rate
    out["algbw_GBps"] = in_GBps(algbw(r.message(), median));
    out["busbw_GBps"] = in_GBps(busbw(r.collective, r.ranks, r.message(), median));
  }
  return out;
}

json gpu_state_json(const GpuState& s) {
  return {
      {"sm_clock_MHz",     s.sm_clock_MHz    },
      {"sm_clock_max_MHz", s.sm_clock_max_MHz},
      {"power_W",          s.power_W         },
      {"power_limit_W",    s.power_limit_W   },
      {"temperature_C",    s.temperature_C   },
      {"slowed_by",        s.slowed_by       }
  };
}

GpuState gpu_state_from(const json& object, const std::string& where) {
  JsonFields f(object, "gpu_state", where, "see docs/formats.md");
  GpuState s;
  s.sm_clock_MHz = f.take<double>("sm_clock_MHz");
  s.sm_clock_max_MHz = f.take<double>("sm_clock_max_MHz");
  s.power_W = f.take<double>("power_W");
  s.power_limit_W = f.take<double>("power_limit_W");
  s.temperature_C = f.take<double>("temperature_C");
  s.slowed_by = f.take<std::vector<std::string>>("slowed_by");
  f.refuse_unknown();
  return s;
}

template <typename T>
T take_optional(JsonFields& f, const char* key) {
  return f.has(key) ? f.take<T>(key) : T{};
}

}  // namespace

json to_json(const Record& r) {
  json object = origin_json(r.origin);
  object.update(json{
      {"schema",           kSchema           },
      {"collective",       name(r.collective)},
      {"backend",          r.backend         },
      {"algorithm",        r.algorithm       },
      {"type",             name(r.type)      },
      {"op",               name(r.op)        },
      {"count",            r.count           },
      {"bytes",            r.bytes           },
      {"ranks",            r.ranks           },
      {"ranks_per_node",   r.ranks_per_node  },
      {"oversubscribed",   r.oversubscribed  },
      {"in_place",         r.in_place        },
      {"samples_us",       r.samples_us      },
      {"calls_per_sample", r.calls_per_sample},
      {"stopped_by",       name(r.stopped_by)},
      {"rank_median_us",   r.rank_median_us  },
      {"wrong_elements",   r.wrong_elements  },
      {"warnings",         r.warnings        },
      {"derived",          derived(r)        }
  });
  if (!r.settings.empty()) {
    object["settings"] = r.settings;
  }
  if (!r.setup_us.empty()) {
    object["setup_us"] = r.setup_us;
  }
  if (r.gpu_state.known()) {
    object["gpu_state"] = gpu_state_json(r.gpu_state);
  }
  if (!r.device_samples_us.empty()) {
    object["device_samples_us"] = r.device_samples_us;
  }
  if (r.chosen) {
    object["chosen"] = to_json(*r.chosen);
  }
  return object;
}

Record record_from_json(const json& object, const std::string& where) {
  JsonFields f(object, "record", where, "see docs/formats.md");
  if (const auto schema = f.take<std::string>("schema"); schema != kSchema) {
    throw Error("record schema '" + schema + "' is not known here",
                where,
                "this program reads " + std::string(kSchema));
  }
  Record r;
  r.origin = take_origin(f);
  r.collective = f.take_name("collective", find_collective, kCollectives);
  r.backend = f.take<std::string>("backend");
  r.algorithm = f.take<std::string>("algorithm");
  if (f.has("chosen")) {
    r.chosen = f.take_object("chosen", chosen_from_json);
  }
  r.type = f.take_name("type", find_data_type, kDataTypes);
  if (f.has("op")) {
    r.op = f.take_name("op", find_reduce_op, kReduceOps);
  }
  r.count = f.take_count<std::uint64_t>("count");
  r.bytes = f.take_count<std::uint64_t>("bytes");
  r.ranks = f.take_count<int>("ranks");
  r.ranks_per_node = f.take_count<int>("ranks_per_node");
  if (r.ranks < 1 || r.ranks_per_node < 1 || r.ranks_per_node > r.ranks) {
    throw Error("record: 1 <= ranks_per_node <= ranks does not hold", where, "see docs/formats.md");
  }
  r.oversubscribed = f.take<bool>("oversubscribed");
  r.in_place = f.take<bool>("in_place");
  r.settings = take_optional<std::map<std::string, std::string>>(f, "settings");
  r.setup_us = take_optional<std::map<std::string, double>>(f, "setup_us");
  if (f.has("gpu_state")) {
    r.gpu_state = gpu_state_from(f.take<json>("gpu_state"), where);
  }
  r.samples_us = f.take<std::vector<double>>("samples_us");
  r.device_samples_us = take_optional<std::vector<double>>(f, "device_samples_us");
  r.calls_per_sample = f.take_count<int>("calls_per_sample");
  r.stopped_by = f.take_name("stopped_by", find_stop_reason, kStopReasons);
  r.rank_median_us = f.take<std::vector<double>>("rank_median_us");
  r.wrong_elements = f.take_count<std::uint64_t>("wrong_elements");
  r.warnings = f.take<std::vector<std::string>>("warnings");
  f.skip("derived");
  f.refuse_unknown();
  refuse_bad_times(r.samples_us, where);
  refuse_bad_times(r.device_samples_us, where);
  refuse_bad_times(r.rank_median_us, where);
  for (const auto& [what, us] : r.setup_us) {
    refuse_bad_times({us}, where);
  }
  return r;
}

void write_jsonl(std::ostream& out, const Record& record) {
  // Host names and command lines are bytes from outside; JSON wants UTF-8.
  out << to_json(record).dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

RecordFile read_jsonl(const std::string& path) {
  std::ifstream from_file(path);
  const bool piped = path == "-";
  std::istream& in = piped ? std::cin : from_file;
  if (!piped && !from_file) {
    throw Error("cannot read " + path,
                "",
                "a .jsonl file written by `fabricast measure`, `run` or `import`");
  }
  RecordFile file;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string where = (piped ? "standard input" : path) + ":" + std::to_string(number);
    if (in.eof()) {  // no newline: the writer was cut off in this line
      file.skipped.push_back(where + ": unfinished last line");
      break;
    }
    if (line.empty()) {
      continue;
    }
    const json object = json::parse(line, nullptr, false);
    if (object.is_discarded()) {
      throw Error("this line is not JSON", where, "restore the file, or delete the line");
    }
    const json schema = object.is_object() ? object.value("schema", json()) : json();
    if (schema == kTrainingSchema) {
      file.training.push_back(training_record_from_json(object, where));
    } else if (schema == kComputeSchema) {
      file.computations.push_back(compute_record_from_json(object, where));
    } else {
      file.records.push_back(record_from_json(object, where));
    }
  }
  return file;
}

}  // namespace fabricast
