#include "core/compute_record.hpp"

#include "core/error.hpp"
#include "core/json_fields.hpp"
#include "core/statistics.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <ostream>

namespace fabricast {

namespace {

using nlohmann::json;

struct WorkSize {
  const char* key;
  std::uint64_t LayerWork::*member;
};
constexpr std::array kWorkSizes{
    WorkSize{"m",         &LayerWork::m        },
    WorkSize{"n",         &LayerWork::n        },
    WorkSize{"k",         &LayerWork::k        },
    WorkSize{"per_layer", &LayerWork::per_layer},
    WorkSize{"layers",    &LayerWork::layers   },
};

double median_us(const ComputeRecord& r) { return summarize(r.samples_us).median; }

// Written for readers of the file; reading ignores and recomputes it.
json derived(const ComputeRecord& r) {
  const Summary s = summarize(r.samples_us);
  json out{
      {"n",              s.n          },
      {"median_us",      s.median     },
      {"median_low_us",  s.low        },
      {"median_high_us", s.high       },
      {"min_us",         s.min        },
      {"flops",          flops(r.work)},
      {"bytes",          bytes(r.work,  r.type)},
      {"valid",                r.valid()                      },
      {"GBps",                in_GBps(memory_rate(r)) }
  };
  if (info(r.work.part).product) {
    out["TFLOPs"] = teraflops(r);
  }
  return out;
}

}  // namespace

double teraflops(const ComputeRecord& r) {
  const double us = median_us(r);
  return us > 0 ? flops(r.work) / us * 1e-6 : 0;
}

BytesPerSecond memory_rate(const ComputeRecord& r) {
  const double us = median_us(r);
  return BytesPerSecond(us > 0 ? bytes(r.work, r.type) / us * 1e6 : 0);
}

json to_json(const ComputeRecord& r) {
  json object = origin_json(r.origin);
  object.update(json{
      {"schema",           kComputeSchema    },
      {"workload",         r.workload        },
      {"scale",            r.scale           },
      {"tensor_parallel",  r.tensor_parallel },
      {"tokens",           r.tokens          },
      {"part",             name(r.work.part) },
      {"pass",             name(r.work.pass) },
      {"type",             name(r.type)      },
      {"backend",          r.backend         },
      {"samples_us",       r.samples_us      },
      {"calls_per_sample", r.calls_per_sample},
      {"buffer_sets",      r.buffer_sets     },
      {"stopped_by",       name(r.stopped_by)},
      {"checked_elements", r.checked_elements},
      {"wrong_elements",   r.wrong_elements  },
      {"warnings",         r.warnings        },
      {"derived",          derived(r)        }
  });
  for (const auto& size : kWorkSizes) {
    object[size.key] = r.work.*size.member;
  }
  return object;
}

ComputeRecord compute_record_from_json(const json& object, const std::string& where) {
  JsonFields f(object, "computation", where, "see docs/formats.md");
  if (const auto schema = f.take<std::string>("schema"); schema != kComputeSchema) {
    throw Error("record schema '" + schema + "' is not known here",
                where,
                "this program reads " + std::string(kComputeSchema));
  }
  ComputeRecord r;
  r.origin = take_origin(f);
  r.workload = f.take<std::string>("workload");
  r.scale = f.take<double>("scale");
  r.tensor_parallel = f.take_count<std::uint64_t>("tensor_parallel");
  r.tokens = f.take_count<std::uint64_t>("tokens");
  r.work.part = f.take_name("part", find_layer_part, kLayerParts);
  r.work.pass = f.take_name("pass", find_layer_pass, kLayerPasses);
  for (const auto& size : kWorkSizes) {
    r.work.*size.member = f.take_count<std::uint64_t>(size.key);
  }
  r.type = f.take_name("type", find_compute_type, kComputeTypes);
  r.backend = f.take<std::string>("backend");
  r.samples_us = f.take<std::vector<double>>("samples_us");
  refuse_bad_times(r.samples_us, where);
  r.calls_per_sample = f.take_count<int>("calls_per_sample");
  r.buffer_sets = f.take_count<int>("buffer_sets");
  r.stopped_by = f.take_name("stopped_by", find_stop_reason, kStopReasons);
  r.checked_elements = f.take_count<std::uint64_t>("checked_elements");
  r.wrong_elements = f.take_count<std::uint64_t>("wrong_elements");
  r.warnings = f.take<std::vector<std::string>>("warnings");
  f.skip("derived");
  f.refuse_unknown();
  if (!(r.scale > 0 && r.scale <= 1) || r.tensor_parallel < 1 || r.work.m < 1 || r.work.n < 1 ||
      (r.work.k > 0) != info(r.work.part).product) {
    throw Error(
        "computation: 0 < scale <= 1, tensor_parallel, m, n >= 1, and k >= 1 for products alone do "
        "not hold",
        where,
        "see docs/formats.md");
  }
  return r;
}

void write_jsonl(std::ostream& out, const ComputeRecord& record) {
  out << to_json(record).dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace fabricast
