#include "report/forecast_table.hpp"

#include "core/error.hpp"
#include "core/size.hpp"
#include "report/number.hpp"
#include "report/record_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace fabricast {

namespace {

struct ForecastColumn {
  Column column;
  std::string (*read)(const Forecast&, const Prediction&);
};

using F = const Forecast&;
using P = const Prediction&;

std::string size_of(F /*f*/, P p) { return format_size(p.bytes); }
std::string time_of(F /*f*/, P p) { return format_time(p.time); }
std::string interval_of(F /*f*/, P p) { return format_time_range(p.low, p.high); }
std::string bound_of(F /*f*/, P p) { return format_time(p.datasheet_bound); }
std::string provenance_of(F /*f*/, P p) { return std::string(name(p.provenance)); }

std::string variant_of(F /*f*/, P p) {
  return p.protocol.empty() ? p.algorithm : p.algorithm + "/" + p.protocol;
}

std::string busbw_of(F f, P p) {
  const Bytes message(static_cast<double>(p.bytes));
  return f.ranks > 1 && p.time.si() > 0
             ? format_number(in_GBps(busbw(f.collective, f.ranks, message, p.time)), 3)
             : std::string(kNoNumber);
}

std::string nccl_estimate_of(F /*f*/, P p) {
  return p.nccl_estimate ? format_time(*p.nccl_estimate) : std::string(kNoNumber);
}

const std::vector<ForecastColumn>& forecast_columns() {
  using enum Content;
  static const std::vector<ForecastColumn> columns{
      {{"size", "", kNumber, 9},                   size_of         },
      {{"forecast time", "", kNumber, 9},          time_of         },
      {{"90 % interval", "", kNumber, 8},          interval_of     },
      {{"algorithm/protocol", "", kWords, 7},      variant_of      },
      {{"forecast busbw", "GB/s", kNumber, 6},     busbw_of        },
      {{"NCCL's own estimate", "", kNumber, 3},    nccl_estimate_of},
      {{"datasheet bound", "", kNumber, 4},        bound_of        },
      {{"weakest main input", "", kProvenance, 5}, provenance_of   },
  };
  return columns;
}

std::string extrapolation_line(const Extrapolation& e, int ranks) {
  if (e.from_ranks <= 0) {
    return "the constants were not calibrated at any number of ranks";
  }
  const std::string from = format_count(static_cast<std::uint64_t>(e.from_ranks));
  if (e.ratio <= 1) {
    return fmt::format(
        "{} lie within the {} ranks the constants come from", ranks_text(ranks, ranks), from);
  }
  return fmt::format(
      "{}x beyond the {} ranks the constants come from", format_number(e.ratio, 2), from);
}

const Prediction& largest(const Forecast& forecast) {
  return *std::max_element(forecast.predictions.begin(),
                           forecast.predictions.end(),
                           [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
}

const Prediction& chosen(const Forecast& forecast, std::optional<std::uint64_t> bytes) {
  if (!bytes) {
    return largest(forecast);
  }
  const auto found = std::find_if(forecast.predictions.begin(),
                                  forecast.predictions.end(),
                                  [&](const auto& p) { return p.bytes == *bytes; });
  if (found == forecast.predictions.end()) {
    throw Error(format_size(*bytes) + " is not among the sizes of this forecast",
                heading(forecast),
                "one of the sizes that were asked for");
  }
  return *found;
}

void write_detail(std::ostream& out, const Prediction& p, std::size_t width) {
  const std::string size = format_size(p.bytes);
  out << "\nforecast of " << size << ": what the time consists of\n"
      << render(term_table(p), width);
  out << "\nforecast of " << size << ": what its interval rests on\n"
      << render(driver_table(p), width);
}

void write_list(std::ostream& out,
                const std::string& title,
                const std::vector<std::string>& items,
                std::size_t width) {
  for (const auto& item : items) {
    const std::string text = paragraph(item, title.size() + 2, width);
    out << title << ": " << text.substr(std::min(text.size(), title.size() + 2));
  }
}

}  // namespace

std::string heading(const Forecast& f) {
  return fmt::format(
      "{}, {}, on {}", name(f.collective), ranks_text(f.ranks, f.ranks_per_node), f.cluster);
}

std::string conditions(const Forecast& f) {
  const std::string nccl = f.nccl_version.empty() ? "without NCCL" : "NCCL " + f.nccl_version;
  return fmt::format("{}; selection: {}; 90 % of outcomes lie in the interval", nccl, f.selection);
}

std::vector<std::string> extrapolation_lines(const Forecast& forecast) {
  std::vector<std::string> lines;
  for (const auto& p : forecast.predictions) {
    const std::string line = extrapolation_line(p.extrapolation, forecast.ranks);
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
      lines.push_back(line);
    }
  }
  return lines;
}

Table forecast_table(const Forecast& forecast) {
  Table table;
  for (const auto& column : forecast_columns()) {
    table.columns.push_back(column.column);
  }
  for (const auto& prediction : forecast.predictions) {
    std::vector<std::string> cells;
    for (const auto& column : forecast_columns()) {
      cells.push_back(column.read(forecast, prediction));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Table term_table(const Prediction& p) {
  Table table;
  table.columns = {
      {"term",          "",        Content::kWords,  9},
      {"forecast time", "µs",     Content::kNumber, 8},
      {"share",         "of time", Content::kNumber, 7}
  };
  for (const auto& term : p.terms) {
    table.rows.push_back(
        {term.name,
         format_number(in_us(term.time)),
         p.time.si() > 0 ? format_percent(term.time.si() / p.time.si()) : std::string(kNoNumber)});
  }
  return table;
}

Table driver_table(const Prediction& p, std::size_t top) {
  Table table;
  table.columns = {
      {"input",    "",            Content::kWords,      9},
      {"share",    "of variance", Content::kNumber,     8},
      {"known as", "",            Content::kProvenance, 7},
      {"source",   "",            Content::kSource,     6}
  };
  for (std::size_t i = 0; i < std::min(top, p.drivers.size()); ++i) {
    const Driver& d = p.drivers[i];
    table.rows.push_back(
        {d.input, format_percent(d.share), std::string(name(d.provenance)), d.source});
  }
  return table;
}

void write_forecast(std::ostream& out,
                    const Forecast& forecast,
                    std::optional<std::uint64_t> detail_bytes,
                    std::size_t width) {
  out << paragraph("forecast (modelled, not measured): " + heading(forecast), 0, width)
      << paragraph(conditions(forecast), 0, width);
  write_list(out, "calibration", {forecast.calibration}, width);
  out << '\n' << render(forecast_table(forecast), width);
  for (const auto& line : extrapolation_lines(forecast)) {
    out << paragraph(line, 0, width);
  }
  if (!forecast.predictions.empty()) {
    write_detail(out, chosen(forecast, detail_bytes), width);
  }
  if (!forecast.notes.empty()) {
    out << '\n';
  }
  write_list(out, "unknown", forecast.notes, width);
}

}  // namespace fabricast
