#include "core/training_record.hpp"

#include "core/error.hpp"
#include "core/json_fields.hpp"
#include "core/statistics.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ostream>

namespace fabricast {

namespace {

using nlohmann::json;

struct TimeList {
  const char* key;
  std::vector<double> TrainingRecord::*member;
};
constexpr std::array kTimeLists{
    TimeList{"total_us",                &TrainingRecord::total_us               },
    TimeList{"communication_us",        &TrainingRecord::communication_us       },
    TimeList{"compute_us",              &TrainingRecord::compute_us             },
    TimeList{"compute_beside_us",       &TrainingRecord::compute_beside_us      },
    TimeList{"communication_beside_us", &TrainingRecord::communication_beside_us},
};

double median_us(const std::vector<double>& times) { return summarize(times).median; }

double slowdown(const std::vector<double>& beside, double alone_us) {
  return alone_us > 0 ? median_us(beside) / alone_us : 1;
}

// Written for readers of the file; reading ignores and recomputes it.
json derived(const TrainingRecord& r) {
  const Overlap o = overlap(r);
  const Summary s = summarize(r.total_us);
  return {
      {"n",                      s.n                     },
      {"total_median_us",        s.median                },
      {"total_low_us",           s.low                   },
      {"total_high_us",          s.high                  },
      {"communication_us",       in_us(o.communication)  },
      {"compute_us",             in_us(o.compute)        },
      {"exposed_us",             in_us(o.exposed)        },
      {"hidden_us",              in_us(o.hidden)         },
      {"compute_slowdown",       o.compute_slowdown      },
      {"communication_slowdown", o.communication_slowdown},
      {"valid",                  r.valid()               }
  };
}

}  // namespace

Overlap overlap(const TrainingRecord& r) {
  const double total = median_us(r.total_us);
  // Where there is nothing to do, the time of doing it is that of an empty loop.
  const double communication = r.transfers > 0 ? median_us(r.communication_us) : 0;
  const double compute = r.flops > 0 ? median_us(r.compute_us) : 0;
  const double exposed = communication > 0 ? std::max(total - compute, 0.0) : 0;
  return {.total = microseconds(total),
          .communication = microseconds(communication),
          .compute = microseconds(compute),
          .exposed = microseconds(exposed),
          .hidden = microseconds(std::max(communication - exposed, 0.0)),
          .compute_slowdown = slowdown(r.compute_beside_us, compute),
          .communication_slowdown = slowdown(r.communication_beside_us, communication)};
}

json to_json(const TrainingRecord& r) {
  json object = origin_json(r.origin);
  object.update(json{
      {"schema",         kTrainingSchema   },
      {"pattern",        r.pattern         },
      {"workload",       r.workload        },
      {"scale",          r.scale           },
      {"settings",       r.settings        },
      {"backend",        r.backend         },
      {"type",           name(r.type)      },
      {"tokens",         r.tokens          },
      {"parameters",     r.parameters      },
      {"transfers",      r.transfers       },
      {"bytes",          r.bytes           },
      {"flops",          r.flops           },
      {"ranks",          r.ranks           },
      {"ranks_per_node", r.ranks_per_node  },
      {"oversubscribed", r.oversubscribed  },
      {"stopped_by",     name(r.stopped_by)},
      {"wrong_elements", r.wrong_elements  },
      {"warnings",       r.warnings        },
      {"derived",        derived(r)        }
  });
  for (const auto& list : kTimeLists) {
    object[list.key] = r.*list.member;
  }
  return object;
}

TrainingRecord training_record_from_json(const json& object, const std::string& where) {
  JsonFields f(object, "training record", where, "see docs/formats.md");
  if (const auto schema = f.take<std::string>("schema"); schema != kTrainingSchema) {
    throw Error("record schema '" + schema + "' is not known here",
                where,
                "this program reads " + std::string(kTrainingSchema));
  }
  TrainingRecord r;
  r.origin = take_origin(f);
  r.pattern = f.take<std::string>("pattern");
  r.workload = f.take<std::string>("workload");
  r.scale = f.take<double>("scale");
  r.settings = f.take<std::string>("settings");
  r.backend = f.take<std::string>("backend");
  r.type = f.take_name("type", find_data_type, kDataTypes);
  r.tokens = f.take_count<std::uint64_t>("tokens");
  r.parameters = f.take_count<std::uint64_t>("parameters");
  r.transfers = f.take_count<std::uint64_t>("transfers");
  r.bytes = f.take_count<std::uint64_t>("bytes");
  r.flops = f.take<double>("flops");
  r.ranks = f.take_count<int>("ranks");
  r.ranks_per_node = f.take_count<int>("ranks_per_node");
  r.oversubscribed = f.take<bool>("oversubscribed");
  r.stopped_by = f.take_name("stopped_by", find_stop_reason, kStopReasons);
  r.wrong_elements = f.take_count<std::uint64_t>("wrong_elements");
  r.warnings = f.take<std::vector<std::string>>("warnings");
  for (const auto& list : kTimeLists) {
    r.*list.member = f.take<std::vector<double>>(list.key);
    refuse_bad_times(r.*list.member, where);
  }
  f.skip("derived");
  f.refuse_unknown();
  if (!(r.scale > 0 && r.scale <= 1) || r.ranks < 1 || r.ranks_per_node < 1 ||
      r.ranks_per_node > r.ranks) {
    throw Error("training record: 0 < scale <= 1 and 1 <= ranks_per_node <= ranks do not hold",
                where,
                "see docs/formats.md");
  }
  return r;
}

void write_jsonl(std::ostream& out, const TrainingRecord& record) {
  out << to_json(record).dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace fabricast
