#include "report/measurement_table.hpp"

#include "core/sample_shape.hpp"
#include "core/size.hpp"
#include "report/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace fabricast {

namespace {

struct Row {
  const Record& record;
  Summary summary;
  std::string marks;
};

struct MeasuredColumn {
  Column column;
  std::string (*read)(const Row&);
};

std::string time(const Row& row, double us) {
  return row.summary.n > 0 ? format_number(us) : std::string(kNoNumber);
}

// For one rank nothing crossed a link: a rate would be a number without a meaning.
std::string rate(const Row& row, BytesPerSecond value) {
  return row.record.ranks > 1 && row.summary.median > 0 ? format_number(in_GBps(value))
                                                        : std::string(kNoNumber);
}

std::string interval_of(const Row& row) {
  return row.summary.n > 0 ? format_range(row.summary.low, row.summary.high)
                           : std::string(kNoNumber);
}

std::string algbw_of(const Row& row) {
  return rate(row, algbw(row.record.message(), microseconds(row.summary.median)));
}

std::string busbw_of(const Row& row) {
  const Record& r = row.record;
  return rate(row, busbw(r.collective, r.ranks, r.message(), microseconds(row.summary.median)));
}

std::string size_of(const Row& row) { return format_size(row.record.bytes); }
std::string variant_of(const Row& row) { return variant(row.record); }
std::string median_of(const Row& row) { return time(row, row.summary.median); }
std::string p99_of(const Row& row) { return time(row, row.summary.p99); }
std::string chosen_of(const Row& row) { return row.record.chosen ? text(*row.record.chosen) : ""; }
std::string estimate_of(const Row& row) {
  const auto& chosen = row.record.chosen;
  return chosen && chosen->estimate_us ? format_number(*chosen->estimate_us) : "";
}
std::string wrong_of(const Row& row) { return format_count(row.record.wrong_elements); }
std::string samples_of(const Row& row) { return std::to_string(row.summary.n); }
std::string stop_of(const Row& row) { return std::string(name(row.record.stopped_by)); }
std::string marks_in(const Row& row) { return row.marks; }

const std::vector<MeasuredColumn>& measured_columns() {
  using enum Content;
  static const std::vector<MeasuredColumn> columns{
      {{"size", "", kNumber, 9},             size_of    },
      {{"backend/algorithm", "", kWords, 9}, variant_of },
      {{"chosen", "", kWords, 8},            chosen_of  },
      {{"median", "µs", kNumber, 9},        median_of  },
      {{"NCCL says", "µs", kNumber, 6},     estimate_of},
      {{"95 % interval", "µs", kNumber, 8}, interval_of},
      {{"p99", "µs", kNumber, 3},           p99_of     },
      {{"algbw", "GB/s", kNumber, 2},        algbw_of   },
      {{"busbw", "GB/s", kNumber, 7},        busbw_of   },
      {{"wrong", "elements", kNumber, 8},    wrong_of   },
      {{"n", "", kNumber, 5},                samples_of },
      {{"stopped by", "", kWords, 4},        stop_of    },
      {{"notes", "", kWords, 6},             marks_in   },
  };
  return columns;
}

// An imported row is mostly a mean: its interval and percentiles are those of means.
std::string mean_mark(const Record& r, const Summary& s) {
  const std::string calls = r.calls_per_sample > 0
                                ? format_count(static_cast<std::uint64_t>(r.calls_per_sample))
                                : "an unknown number of";
  return s.n == 1 ? fmt::format("a mean of {} calls: no interval, no percentiles", calls)
                  : fmt::format("each sample is a mean of {} calls", calls);
}

std::string marks_of(const Record& r, const Summary& s, Footnotes& footnotes) {
  std::string marks;
  if (r.wrong_elements > 0) {
    marks += footnotes.mark("WRONG RESULTS: the times of this row count for nothing");
  }
  if (s.n == 0) {
    marks += footnotes.mark("nothing was timed");
  } else if (r.calls_per_sample != 1) {
    marks += footnotes.mark(mean_mark(r, s));
  } else if (!s.interval_reached) {
    marks += footnotes.mark("fewer than 6 samples: the interval is minimum to maximum");
  }
  if (r.oversubscribed && r.backend != "onchip") {  // whose warning says what is shared
    marks +=
        footnotes.mark("more ranks than processors: the times include waiting for a processor");
  }
  if (const std::string why = alarms(r.gpu_state); !why.empty()) {
    marks += footnotes.mark("the GPUs' clocks were held down: " + why);
  }
  for (const auto& line : describe_shape(r.samples_us, r.rank_median_us)) {
    marks += footnotes.mark(line);
  }
  for (const auto& warning : r.warnings) {
    marks += footnotes.mark(warning);
  }
  return marks;
}

}  // namespace

Table measurement_table(const RecordGroup& group, Footnotes& footnotes) {
  std::vector<Row> rows;
  for (const Record* record : group.rows) {
    const Summary summary = record->summary();
    rows.push_back({*record, summary, marks_of(*record, summary, footnotes)});
  }
  std::vector<MeasuredColumn> columns = measured_columns();
  std::erase_if(columns, [&rows](const MeasuredColumn& column) {  // nothing to say about any row
    return std::all_of(
        rows.begin(), rows.end(), [&column](const Row& row) { return column.read(row).empty(); });
  });
  Table table;
  for (const auto& column : columns) {
    table.columns.push_back(column.column);
  }
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const auto& column : columns) {
      cells.push_back(column.read(row));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

void write_measurement_tables(std::ostream& out,
                              const std::vector<Record>& records,
                              std::size_t width) {
  Footnotes footnotes;
  for (const auto& group : group_records(records)) {
    out << paragraph("measured: " + heading(group), 0, width)
        << render(measurement_table(group, footnotes), width) << '\n';
  }
  out << render(footnotes, width);
}

}  // namespace fabricast
