#include "report/training_table.hpp"

#include "core/size.hpp"
#include "core/statistics.hpp"
#include "report/csv.hpp"
#include "report/number.hpp"
#include "report/record_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>

namespace fabricast {

namespace {

struct Row {
  const TrainingRecord& record;
  Overlap overlap;
  std::string marks;
};

struct TrainingColumn {
  Column column;
  std::string (*read)(const Row&);
};

std::string ms(Seconds time) { return format_number(time.si() * 1e3); }

// Of a part that has nothing to do, or that another one is missing beside.
std::string ms_of(Seconds time, Seconds part) {
  return part.si() > 0 ? ms(time) : std::string(kNoNumber);
}

std::string ratio(double value) { return fmt::format("{:.2f}", value); }

std::string ratio(double value, Seconds alone) {
  return alone.si() > 0 ? ratio(value) : std::string(kNoNumber);
}

using enum Content;
const std::vector<TrainingColumn>& training_columns() {
  static const std::vector<TrainingColumn> columns{
      {{"pattern", "", kWords, 9},             [](const Row& r) { return r.record.pattern; }   },
      {{"total", "ms", kNumber, 9},            [](const Row& r) { return ms(r.overlap.total); }},
      {{"comm alone", "ms", kNumber, 9},
       [](const Row& r) { return ms_of(r.overlap.communication, r.overlap.communication); }    },
      {{"compute alone", "ms", kNumber, 9},
       [](const Row& r) { return ms_of(r.overlap.compute, r.overlap.compute); }                },
      {{"exposed", "ms", kNumber, 9},
       [](const Row& r) { return ms_of(r.overlap.exposed, r.overlap.communication); }          },
      {{"hidden", "ms", kNumber, 9},
       [](const Row& r) { return ms_of(r.overlap.hidden, r.overlap.communication); }           },
      {{"slow-down compute", "x", kNumber, 7},
       [](const Row& r) { return ratio(r.overlap.compute_slowdown, r.overlap.compute); }       },
      {{"slow-down comm", "x", kNumber, 7},
       [](const Row& r) {
         return ratio(r.overlap.communication_slowdown, r.overlap.communication);
       }                                                                                       },
      {{"transfers", "", kNumber, 3},
       [](const Row& r) { return format_count(r.record.transfers); }                           },
      {{"wrong", "", kNumber, 8},
       [](const Row& r) { return format_count(r.record.wrong_elements); }                      },
      {{"n", "", kNumber, 2},
       [](const Row& r) { return std::to_string(r.record.total_us.size()); }                   },
      {{"notes", "", kWords, 6},               [](const Row& r) { return r.marks; }            },
  };
  return columns;
}

std::string marks_of(const TrainingRecord& r, Footnotes& footnotes) {
  std::string marks;
  if (r.wrong_elements > 0) {
    marks += footnotes.mark("WRONG RESULTS: the times of this row count for nothing");
  }
  if (!summarize(r.total_us).interval_reached) {
    marks += footnotes.mark("fewer than 6 samples: --time-cap allows more");
  }
  marks += footnotes.mark(fmt::format("{}: {}", r.pattern, r.settings));
  for (const auto& warning : r.warnings) {
    marks += footnotes.mark(warning);
  }
  return marks;
}

/// 0.001 -> "1/1000".
std::string scale_text(double scale) {
  const double inverse = 1 / scale;
  return std::abs(inverse - std::round(inverse)) < 1e-6 * inverse
             ? fmt::format("1/{}", format_count(static_cast<std::uint64_t>(std::llround(inverse))))
             : fmt::format("{:.4g}", scale);
}

std::string heading(const TrainingRecord& r) {
  const std::string scale =
      r.scale == 1
          ? "unscaled"
          : fmt::format("scale {}: {} parameters, every dimension and the tokens by {:.3g}",
                        scale_text(r.scale),
                        format_count(r.parameters),
                        std::sqrt(r.scale));
  return fmt::format("measured: training pattern, {}, {}, {} tokens, {}; {}",
                     r.workload,
                     name(r.type),
                     r.tokens,
                     ranks_text(r.ranks, r.ranks_per_node),
                     scale);
}

Table table_of(const std::vector<Row>& rows) {
  Table table;
  for (const auto& column : training_columns()) {
    table.columns.push_back(column.column);
  }
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& column : training_columns()) {
      cells.push_back(column.read(row));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

constexpr std::string_view kMeanings =
    "Medians of the slowest rank. total: communication beside computation; exposed: total - "
    "compute alone; hidden: comm alone - exposed, not below 0; slow-down: beside the other, over "
    "alone.";
constexpr std::string_view kOnHost =
    " The computation is matrix products on this processor: the proportions are not those of a "
    "GPU.";

struct CsvColumn {
  std::string_view name;
  std::string (*read)(const TrainingRecord&, const Overlap&);
};

std::string us(Seconds time) { return fmt::format("{:.12g}", in_us(time)); }

using R = const TrainingRecord&;
using O = const Overlap&;
constexpr std::array kCsvColumns{
    CsvColumn{"time_utc",               [](R r, O) { return r.origin.time_utc; }                        },
    CsvColumn{"host",                   [](R r, O) { return r.origin.host; }                            },
    CsvColumn{"pattern",                [](R r, O) { return r.pattern; }                                },
    CsvColumn{"workload",               [](R r, O) { return r.workload; }                               },
    CsvColumn{"scale",                  [](R r, O) { return fmt::format("{:.6g}", r.scale); }           },
    CsvColumn{"settings",               [](R r, O) { return r.settings; }                               },
    CsvColumn{"backend",                [](R r, O) { return r.backend; }                                },
    CsvColumn{"type",                   [](R r, O) { return std::string(name(r.type)); }                },
    CsvColumn{"tokens",                 [](R r, O) { return std::to_string(r.tokens); }                 },
    CsvColumn{"ranks",                  [](R r, O) { return std::to_string(r.ranks); }                  },
    CsvColumn{"transfers",              [](R r, O) { return std::to_string(r.transfers); }              },
    CsvColumn{"bytes",                  [](R r, O) { return std::to_string(r.bytes); }                  },
    CsvColumn{"flops",                  [](R r, O) { return fmt::format("{:.12g}", r.flops); }          },
    CsvColumn{"n",                      [](R r, O) { return std::to_string(r.total_us.size()); }        },
    CsvColumn{"total_us",               [](R,   O o) { return us(o.total); }                            },
    CsvColumn{"communication_us",       [](R,   O o) { return us(o.communication); }                    },
    CsvColumn{"compute_us",             [](R,   O o) { return us(o.compute); }                          },
    CsvColumn{"exposed_us",             [](R,   O o) { return us(o.exposed); }                          },
    CsvColumn{"hidden_us",              [](R,   O o) { return us(o.hidden); }                           },
    CsvColumn{"compute_slowdown",       [](R,   O o) { return ratio(o.compute_slowdown); }              },
    CsvColumn{"communication_slowdown", [](R,   O o) { return ratio(o.communication_slowdown); }        },
    CsvColumn{"wrong_elements",         [](R r, O) { return std::to_string(r.wrong_elements); }         },
    CsvColumn{"valid",                  [](R r, O) { return std::string(r.valid() ? "true" : "false"); }},
};

}  // namespace

void write_training_tables(std::ostream& out,
                           const std::vector<TrainingRecord>& records,
                           std::size_t width) {
  if (records.empty()) {
    return;
  }
  Footnotes footnotes;
  std::vector<bool> done(records.size(), false);
  for (std::size_t first = 0; first < records.size(); ++first) {
    std::vector<Row> rows;
    for (std::size_t i = first; i < records.size(); ++i) {
      if (!done[i] && heading(records[i]) == heading(records[first])) {
        done[i] = true;
        rows.push_back({records[i], overlap(records[i]), marks_of(records[i], footnotes)});
      }
    }
    if (!rows.empty()) {
      out << paragraph(heading(records[first]), 0, width) << render(table_of(rows), width) << '\n';
    }
  }
  const bool on_host = std::any_of(
      records.begin(), records.end(), [](const TrainingRecord& r) { return r.backend == "mpi"; });
  out << paragraph(std::string(kMeanings) + std::string(on_host ? kOnHost : ""), 0, width)
      << render(footnotes, width);
}

void write_csv(std::ostream& out, const std::vector<TrainingRecord>& records) {
  std::string_view comma;
  for (const auto& column : kCsvColumns) {
    out << comma << column.name;
    comma = ",";
  }
  out << '\n';
  for (const auto& record : records) {
    comma = "";
    for (const auto& column : kCsvColumns) {
      out << comma << csv_field(column.read(record, overlap(record)));
      comma = ",";
    }
    out << '\n';
  }
}

}  // namespace fabricast
