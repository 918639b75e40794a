#include "report/compute_table.hpp"

#include "core/statistics.hpp"
#include "report/csv.hpp"
#include "report/number.hpp"

#include <fmt/format.h>

#include <array>
#include <ostream>

namespace fabricast {

namespace {

struct Row {
  const ComputeRecord& record;
  Summary summary;
  std::string marks;
};

struct ComputeColumn {
  Column column;
  std::string (*read)(const Row&);
};

std::string size_or_none(std::uint64_t size) {
  return size > 0 ? std::to_string(size) : std::string(kNoNumber);
}

std::string rate_text(const ComputeRecord& r) {
  return info(r.work.part).product ? format_number(teraflops(r)) : std::string(kNoNumber);
}

using enum Content;
const std::vector<ComputeColumn>& compute_columns() {
  static const std::vector<ComputeColumn> columns{
      {{"part", "", kWords, 9},              [](const Row& r) { return std::string(name(r.record.work.part)); }},
      {{"pass", "", kWords, 9},              [](const Row& r) { return std::string(name(r.record.work.pass)); }},
      {{"m", "", kNumber, 7},                [](const Row& r) { return size_or_none(r.record.work.m); }        },
      {{"n", "", kNumber, 7},                [](const Row& r) { return size_or_none(r.record.work.n); }        },
      {{"k", "", kNumber, 7},                [](const Row& r) { return size_or_none(r.record.work.k); }        },
      {{"median", "µs", kNumber, 9},        [](const Row& r) { return format_number(r.summary.median); }      },
      {{"95 % interval", "µs", kNumber, 4},
       [](const Row& r) { return format_range(r.summary.low, r.summary.high); }                                },
      {{"rate", "TFLOP/s", kNumber, 8},      [](const Row& r) { return rate_text(r.record); }                  },
      {{"memory", "GB/s", kNumber, 8},
       [](const Row& r) { return format_number(in_GBps(memory_rate(r.record))); }                              },
      {{"per layer", "", kNumber, 5},
       [](const Row& r) { return format_count(r.record.work.per_layer); }                                      },
      {{"wrong", "", kNumber, 8},
       [](const Row& r) { return format_count(r.record.wrong_elements); }                                      },
      {{"samples", "", kNumber, 2},          [](const Row& r) { return std::to_string(r.summary.n); }          },
      {{"notes", "", kWords, 6},             [](const Row& r) { return r.marks; }                              },
  };
  return columns;
}

std::string marks_of(const ComputeRecord& r, Footnotes& footnotes) {
  std::string marks;
  if (r.wrong_elements > 0) {
    marks += footnotes.mark("WRONG RESULTS: the times of this row count for nothing");
  }
  if (!summarize(r.samples_us).interval_reached) {
    marks += footnotes.mark("fewer than 6 samples: --time-cap allows more");
  }
  for (const auto& warning : r.warnings) {
    marks += footnotes.mark(warning);
  }
  return marks;
}

std::string heading(const ComputeRecord& r) {
  return fmt::format(
      "measured: computation, {}, tensor parallel {}, {} tokens, {}, {}; {}",
      r.workload,
      r.tensor_parallel,
      r.tokens,
      name(r.type),
      r.scale == 1 ? "unscaled" : fmt::format("scale {:.3g} of the parameters", r.scale),
      r.origin.machine);
}

Table table_of(const std::vector<Row>& rows) {
  Table table;
  for (const auto& column : compute_columns()) {
    table.columns.push_back(column.column);
  }
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& column : compute_columns()) {
      cells.push_back(column.read(row));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

/// "A layer: products ..., ..." of what was measured, or "".
std::string layer_text(const LayerTime& t) {
  std::string text;
  const auto add = [&](std::string_view what, Seconds time) {
    if (time.si() > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "A layer: " : ", ", what, format_time(time));
    }
  };
  add("products", t.products);
  if (t.products.si() > 0) {
    text += fmt::format(" ({} TFLOP/s)", format_number(t.product_flops / t.products.si() * 1e-12));
  }
  add("memory-bound parts forward", t.moved);
  add("optimizer", t.update);
  return text;
}

constexpr std::string_view kMeanings =
    "m x n results from k products each; of the other parts m rows of n. memory: what a call must "
    "read and write once, over its time. What attention does between tokens is not in it.";

struct CsvColumn {
  std::string_view name;
  std::string (*read)(const ComputeRecord&, const Summary&);
};

std::string exact(double value) { return fmt::format("{:.12g}", value); }

using R = const ComputeRecord&;
using S = const Summary&;
constexpr std::array kCsvColumns{
    CsvColumn{"time_utc",        [](R r, S) { return r.origin.time_utc; }                        },
    CsvColumn{"host",            [](R r, S) { return r.origin.host; }                            },
    CsvColumn{"machine",         [](R r, S) { return r.origin.machine; }                         },
    CsvColumn{"backend",         [](R r, S) { return r.backend; }                                },
    CsvColumn{"workload",        [](R r, S) { return r.workload; }                               },
    CsvColumn{"scale",           [](R r, S) { return fmt::format("{:.6g}", r.scale); }           },
    CsvColumn{"tensor_parallel", [](R r, S) { return std::to_string(r.tensor_parallel); }        },
    CsvColumn{"tokens",          [](R r, S) { return std::to_string(r.tokens); }                 },
    CsvColumn{"type",            [](R r, S) { return std::string(name(r.type)); }                },
    CsvColumn{"part",            [](R r, S) { return std::string(name(r.work.part)); }           },
    CsvColumn{"pass",            [](R r, S) { return std::string(name(r.work.pass)); }           },
    CsvColumn{"m",               [](R r, S) { return std::to_string(r.work.m); }                 },
    CsvColumn{"n",               [](R r, S) { return std::to_string(r.work.n); }                 },
    CsvColumn{"k",               [](R r, S) { return std::to_string(r.work.k); }                 },
    CsvColumn{"per_layer",       [](R r, S) { return std::to_string(r.work.per_layer); }         },
    CsvColumn{"layers",          [](R r, S) { return std::to_string(r.work.layers); }            },
    CsvColumn{"flops",           [](R r, S) { return exact(flops(r.work)); }                     },
    CsvColumn{"bytes",           [](R r, S) { return exact(bytes(r.work, r.type)); }             },
    CsvColumn{"samples",         [](R,   S s) { return std::to_string(s.n); }                    },
    CsvColumn{"median_us",       [](R,   S s) { return exact(s.median); }                        },
    CsvColumn{"median_low_us",   [](R,   S s) { return exact(s.low); }                           },
    CsvColumn{"median_high_us",  [](R,   S s) { return exact(s.high); }                          },
    CsvColumn{"TFLOPs",          [](R r, S) { return exact(teraflops(r)); }                      },
    CsvColumn{"GBps",            [](R r, S) { return exact(in_GBps(memory_rate(r))); }           },
    CsvColumn{"wrong_elements",  [](R r, S) { return std::to_string(r.wrong_elements); }         },
    CsvColumn{"valid",           [](R r, S) { return std::string(r.valid() ? "true" : "false"); }},
};

}  // namespace

LayerTime layer_time(const std::vector<const ComputeRecord*>& records) {
  LayerTime time;
  for (const ComputeRecord* r : records) {
    if (r->work.part == LayerPart::kLogits) {
      continue;
    }
    const auto calls = static_cast<double>(r->work.per_layer);
    const Seconds taken = calls * microseconds(summarize(r->samples_us).median);
    if (info(r->work.part).product) {
      time.products += taken;
      time.product_flops += calls * flops(r->work);
    } else if (r->work.part == LayerPart::kOptimizer) {
      time.update += taken;
    } else {
      time.moved += taken;
    }
  }
  return time;
}

void write_compute_tables(std::ostream& out,
                          const std::vector<ComputeRecord>& records,
                          std::size_t width) {
  if (records.empty()) {
    return;
  }
  Footnotes footnotes;
  std::vector<bool> done(records.size(), false);
  for (std::size_t first = 0; first < records.size(); ++first) {
    std::vector<Row> rows;
    std::vector<const ComputeRecord*> group;
    for (std::size_t i = first; i < records.size(); ++i) {
      if (!done[i] && heading(records[i]) == heading(records[first])) {
        done[i] = true;
        group.push_back(&records[i]);
        rows.push_back(
            {records[i], summarize(records[i].samples_us), marks_of(records[i], footnotes)});
      }
    }
    if (!rows.empty()) {
      out << paragraph(heading(records[first]), 0, width) << render(table_of(rows), width)
          << paragraph(layer_text(layer_time(group)), 0, width) << '\n';
    }
  }
  out << paragraph(std::string(kMeanings), 0, width) << render(footnotes, width);
}

void write_csv(std::ostream& out, const std::vector<ComputeRecord>& records) {
  std::string_view comma;
  for (const auto& column : kCsvColumns) {
    out << comma << column.name;
    comma = ",";
  }
  out << '\n';
  for (const auto& record : records) {
    comma = "";
    for (const auto& column : kCsvColumns) {
      out << comma << csv_field(column.read(record, summarize(record.samples_us)));
      comma = ",";
    }
    out << '\n';
  }
}

}  // namespace fabricast
