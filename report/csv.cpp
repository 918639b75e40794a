#include "report/csv.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

namespace fabricast {

namespace {

template <typename Row>
struct CsvColumn {
  std::string_view name;
  std::string (*read)(const Row&);
};

struct MeasuredRow {
  const Record& record;
  Summary summary;
};

struct ForecastRow {
  const Forecast& forecast;
  const Prediction& prediction;
};

std::string text(std::string_view t) { return std::string(t); }
std::string truth(bool b) { return b ? "true" : "false"; }
std::string text(int n) { return std::to_string(n); }
std::string text(std::uint64_t n) { return std::to_string(n); }
std::string text(double v) { return std::isfinite(v) ? fmt::format("{:.12g}", v) : ""; }
std::string text(Seconds t) { return text(in_us(t)); }

std::string joined(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, "; "));
}

std::string time(const MeasuredRow& r, double us) { return r.summary.n > 0 ? text(us) : ""; }

// For one rank nothing crossed a link: no rate.
std::string rate(int ranks, Seconds time, BytesPerSecond value) {
  return ranks > 1 && time.si() > 0 ? text(in_GBps(value)) : "";
}

std::string algbw_of(const MeasuredRow& r) {
  const Seconds median = microseconds(r.summary.median);
  return rate(r.record.ranks, median, algbw(r.record.message(), median));
}

std::string busbw_of(const MeasuredRow& r) {
  const Seconds median = microseconds(r.summary.median);
  return rate(r.record.ranks,
              median,
              busbw(r.record.collective, r.record.ranks, r.record.message(), median));
}

std::string settings_of(const MeasuredRow& r) {
  std::vector<std::string> items;
  for (const auto& [setting, value] : r.record.settings) {
    items.push_back(fmt::format("{}={}", setting, value));
  }
  return joined(items);
}

std::string device_median_of(const MeasuredRow& r) {
  const auto& samples = r.record.device_samples_us;
  return samples.empty() ? "" : text(summarize(samples).median);
}

std::string first_call_of(const MeasuredRow& r) {
  const auto found = r.record.setup_us.find("first_call");
  return found == r.record.setup_us.end() ? "" : text(found->second);
}

std::string sm_clock_of(const MeasuredRow& r) {
  return r.record.gpu_state.known() ? text(r.record.gpu_state.sm_clock_MHz) : "";
}

Bytes message(const ForecastRow& r) { return Bytes(static_cast<double>(r.prediction.bytes)); }

std::string algbw_of(const ForecastRow& r) {
  return rate(r.forecast.ranks, r.prediction.time, algbw(message(r), r.prediction.time));
}

std::string busbw_of(const ForecastRow& r) {
  return rate(r.forecast.ranks,
              r.prediction.time,
              busbw(r.forecast.collective, r.forecast.ranks, message(r), r.prediction.time));
}

std::string nccl_estimate_of(const ForecastRow& r) {
  return r.prediction.nccl_estimate ? text(*r.prediction.nccl_estimate) : "";
}

std::string chosen_of(const MeasuredRow& r) {
  return r.record.chosen ? text(r.record.chosen->cell) : "";
}
std::string channels_of(const MeasuredRow& r) {
  return r.record.chosen && r.record.chosen->channels > 0 ? text(r.record.chosen->channels) : "";
}
std::string nccl_estimate_of(const MeasuredRow& r) {
  const auto& chosen = r.record.chosen;
  return chosen && chosen->estimate_us ? text(*chosen->estimate_us) : "";
}

// Short names keep a column on one line.
using M = const MeasuredRow&;
constexpr CsvColumn<MeasuredRow> kMeasuredColumns[]{
    {"kind",             [](M) { return text("measured"); }                      },
    {"time_utc",         [](M r) { return text(r.record.origin.time_utc); }      },
    {"host",             [](M r) { return text(r.record.origin.host); }          },
    {"machine",          [](M r) { return text(r.record.origin.machine); }       },
    {"fabricast",        [](M r) { return text(r.record.origin.fabricast); }     },
    {"collective",       [](M r) { return text(name(r.record.collective)); }     },
    {"backend",          [](M r) { return text(r.record.backend); }              },
    {"algorithm",        [](M r) { return text(r.record.algorithm); }            },
    {"chosen",           [](M r) { return chosen_of(r); }                        },
    {"chosen_channels",  [](M r) { return channels_of(r); }                      },
    {"nccl_estimate_us", [](M r) { return nccl_estimate_of(r); }                 },
    {"type",             [](M r) { return text(name(r.record.type)); }           },
    {"op",               [](M r) { return text(name(r.record.op)); }             },
    {"count",            [](M r) { return text(r.record.count); }                },
    {"bytes",            [](M r) { return text(r.record.bytes); }                },
    {"ranks",            [](M r) { return text(r.record.ranks); }                },
    {"ranks_per_node",   [](M r) { return text(r.record.ranks_per_node); }       },
    {"oversubscribed",   [](M r) { return truth(r.record.oversubscribed); }      },
    {"in_place",         [](M r) { return truth(r.record.in_place); }            },
    {"settings",         settings_of                                             },
    {"n",                [](M r) { return text(r.summary.n); }                   },
    {"calls_per_sample", [](M r) { return text(r.record.calls_per_sample); }     },
    {"median_us",        [](M r) { return time(r, r.summary.median); }           },
    {"median_low_us",    [](M r) { return time(r, r.summary.low); }              },
    {"median_high_us",   [](M r) { return time(r, r.summary.high); }             },
    {"min_us",           [](M r) { return time(r, r.summary.min); }              },
    {"p95_us",           [](M r) { return time(r, r.summary.p95); }              },
    {"p99_us",           [](M r) { return time(r, r.summary.p99); }              },
    {"max_us",           [](M r) { return time(r, r.summary.max); }              },
    {"device_median_us", device_median_of                                        },
    {"first_call_us",    first_call_of                                           },
    {"sm_clock_MHz",     sm_clock_of                                             },
    {"slowed_by",        [](M r) { return joined(r.record.gpu_state.slowed_by); }},
    {"algbw_GBps",       [](M r) { return algbw_of(r); }                         },
    {"busbw_GBps",       [](M r) { return busbw_of(r); }                         },
    {"stopped_by",       [](M r) { return text(name(r.record.stopped_by)); }     },
    {"wrong_elements",   [](M r) { return text(r.record.wrong_elements); }       },
    {"valid",            [](M r) { return truth(r.record.valid()); }             },
    {"warnings",         [](M r) { return joined(r.record.warnings); }           },
};

using F = const ForecastRow&;
constexpr CsvColumn<ForecastRow> kForecastColumns[]{
    {"kind",                    [](F) { return text("forecast"); }                             },
    {"cluster",                 [](F r) { return text(r.forecast.cluster); }                   },
    {"collective",              [](F r) { return text(name(r.forecast.collective)); }          },
    {"ranks",                   [](F r) { return text(r.forecast.ranks); }                     },
    {"ranks_per_node",          [](F r) { return text(r.forecast.ranks_per_node); }            },
    {"nccl_version",            [](F r) { return text(r.forecast.nccl_version); }              },
    {"selection",               [](F r) { return text(r.forecast.selection); }                 },
    {"bytes",                   [](F r) { return text(r.prediction.bytes); }                   },
    {"algorithm",               [](F r) { return text(r.prediction.algorithm); }               },
    {"protocol",                [](F r) { return text(r.prediction.protocol); }                },
    {"time_us",                 [](F r) { return text(r.prediction.time); }                    },
    {"time_us_low",             [](F r) { return text(r.prediction.low); }                     },
    {"time_us_high",            [](F r) { return text(r.prediction.high); }                    },
    {"algbw_GBps",              [](F r) { return algbw_of(r); }                                },
    {"busbw_GBps",              [](F r) { return busbw_of(r); }                                },
    {"nccl_estimate_us",        nccl_estimate_of                                               },
    {"datasheet_bound_us",      [](F r) { return text(r.prediction.datasheet_bound); }         },
    {"weakest_main_input",      [](F r) { return text(name(r.prediction.provenance)); }        },
    {"extrapolated_from_ranks", [](F r) { return text(r.prediction.extrapolation.from_ranks); }},
    {"extrapolation_ratio",     [](F r) { return text(r.prediction.extrapolation.ratio); }     },
    {"calibration",             [](F r) { return text(r.forecast.calibration); }               },
};

template <typename Columns>
void write_header(std::ostream& out, const Columns& columns) {
  std::string_view comma;
  for (const auto& column : columns) {
    out << comma << column.name;
    comma = ",";
  }
  out << '\n';
}

template <typename Columns, typename Row>
void write_row(std::ostream& out, const Columns& columns, const Row& row) {
  std::string_view comma;
  for (const auto& column : columns) {
    out << comma << csv_field(column.read(row));
    comma = ",";
  }
  out << '\n';
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return out + '"';
}

void write_csv(std::ostream& out, const std::vector<Record>& records) {
  write_header(out, kMeasuredColumns);
  for (const auto& record : records) {
    write_row(out, kMeasuredColumns, MeasuredRow{record, record.summary()});
  }
}

void write_csv(std::ostream& out, const std::vector<Forecast>& forecasts) {
  write_header(out, kForecastColumns);
  for (const auto& forecast : forecasts) {
    for (const auto& prediction : forecast.predictions) {
      write_row(out, kForecastColumns, ForecastRow{forecast, prediction});
    }
  }
}

}  // namespace fabricast
