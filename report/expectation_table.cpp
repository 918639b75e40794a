#include "report/expectation_table.hpp"

#include "core/decimal.hpp"
#include "core/size.hpp"
#include "report/csv.hpp"
#include "report/number.hpp"
#include "report/record_group.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace fabricast {

namespace {

using nlohmann::json;

Seconds measured(const ExpectedRow& row) { return microseconds(row.record->summary().median); }

std::string busbw_text(const ExpectedRow& row, Seconds time) {
  const Record& r = *row.record;
  return r.ranks > 1 && time.si() > 0
             ? format_number(in_GBps(busbw(r.collective, r.ranks, r.message(), time)), 3)
             : std::string(kNoNumber);
}

struct VerdictColumn {
  Column column;
  std::string (*read)(const ExpectedRow&);
};

using R = const ExpectedRow&;
std::string none() { return std::string(kNoNumber); }

std::string size_of(R row) { return format_size(row.record->bytes); }
std::string placement_of(R row) { return row.record->in_place ? "in" : "out of"; }
std::string measured_of(R row) { return format_time(measured(row)); }
std::string measured_rate_of(R row) { return busbw_text(row, measured(row)); }
std::string expected_of(R row) { return row.expected ? format_time(row.expected->time) : none(); }
std::string band_of(R row) {
  return row.expected ? format_time_range(row.expected->low, row.expected->high) : none();
}
std::string expected_rate_of(R row) {
  return row.expected ? busbw_text(row, row.expected->time) : none();
}
std::string algorithm_of(R row) {
  if (!row.expected) {
    return none();
  }
  const Prediction& p = *row.expected;
  return p.protocol.empty() ? p.algorithm : p.algorithm + "/" + p.protocol;
}
std::string ratio_of(R row) { return row.ratio > 0 ? format_number(row.ratio, 3) : none(); }

const std::vector<VerdictColumn>& verdict_columns() {
  using enum Content;
  static const std::vector<VerdictColumn> columns{
      {{"size", "", kNumber, 9},                size_of         },
      {{"place", "", kWords, 6},                placement_of    },
      {{"measured", "", kNumber, 9},            measured_of     },
      {{"expected", "", kNumber, 9},            expected_of     },
      {{"90 % band", "", kNumber, 8},           band_of         },
      {{"measured / expected", "", kNumber, 7}, ratio_of        },
      {{"measured busbw", "GB/s", kNumber, 5},  measured_rate_of},
      {{"expected busbw", "GB/s", kNumber, 5},  expected_rate_of},
      {{"expected algorithm", "", kWords, 4},   algorithm_of    },
  };
  return columns;
}

std::string heading(const ExpectedCurve& curve, const std::string& cluster) {
  return fmt::format("{}, {}, against {}{}",
                     name(curve.collective),
                     ranks_text(curve.ranks, curve.ranks_per_node),
                     cluster,
                     curve.nccl_version.empty() ? "" : " with NCCL " + curve.nccl_version);
}

void write_causes(std::ostream& out, const ExpectedCurve& curve, std::size_t width) {
  if (!curve.causes.empty()) {
    out << "likely causes, most likely first:\n";
  }
  int number = 0;
  for (const Cause& cause : curve.causes) {
    out << paragraph(fmt::format("{}. {}: {}", ++number, cause.name, cause.text), 2, width);
  }
  for (const auto& note : curve.notes) {
    out << paragraph("note: " + note, 0, width);
  }
}

std::string summary(const Expectation& e) {
  std::string text;
  for (const auto& row : kVerdicts) {
    if (const int n = e.count(row.id); n > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, row.name);
    }
  }
  return text.empty() ? "no rows" : text;
}

// 12 digits say all that is known and hide what binary fractions add.
double rounded(double value) { return fabricast::rounded(value, 12); }
double rounded_us(Seconds time) { return rounded(in_us(time)); }

json row_json(const ExpectedRow& row) {
  const Record& r = *row.record;
  json j{
      {"bytes",       r.bytes                  },
      {"type",        name(r.type)             },
      {"in_place",    r.in_place               },
      {"measured_us", rounded_us(measured(row))},
      {"verdict",     name(row.verdict)        },
      {"why_unknown", row.why_unknown          }
  };
  if (row.expected) {
    const Prediction& p = *row.expected;
    j["expected_us"] = rounded_us(p.time);
    j["expected_us_low"] = rounded_us(p.low);
    j["expected_us_high"] = rounded_us(p.high);
    j["datasheet_bound_us"] = rounded_us(p.datasheet_bound);
    j["algorithm"] = p.algorithm;
    j["protocol"] = p.protocol;
    j["ratio"] = rounded(row.ratio);
  }
  return j;
}

}  // namespace

Table expectation_table(const ExpectedCurve& curve, Footnotes& footnotes) {
  Table table;
  for (const auto& column : verdict_columns()) {
    table.columns.push_back(column.column);
  }
  table.columns.push_back({"verdict", "", Content::kWords, 10});
  for (const auto& row : curve.rows) {
    std::vector<std::string> cells;
    for (const auto& column : verdict_columns()) {
      cells.push_back(column.read(row));
    }
    cells.push_back(std::string(name(row.verdict)) +
                    (row.why_unknown.empty() ? "" : " " + footnotes.mark(row.why_unknown)));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

void write_expectation(std::ostream& out, const Expectation& expectation, std::size_t width) {
  Footnotes footnotes;
  for (const auto& curve : expectation.curves) {
    out << paragraph(heading(curve, expectation.cluster), 0, width)
        << render(expectation_table(curve, footnotes), width);
    write_causes(out, curve, width);
    out << '\n';
  }
  out << render(footnotes, width) << paragraph("verdicts: " + summary(expectation), 0, width);
}

void write_csv(std::ostream& out, const Expectation& expectation) {
  out << "cluster,collective,type,ranks,ranks_per_node,bytes,in_place,measured_us,expected_us,"
         "expected_us_low,expected_us_high,ratio,algorithm,protocol,verdict,why_unknown\n";
  const auto us = [](Seconds t) { return fmt::format("{:.12g}", in_us(t)); };
  for (const auto& curve : expectation.curves) {
    for (const auto& row : curve.rows) {
      const Record& r = *row.record;
      const auto& p = row.expected;
      out << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                         csv_field(expectation.cluster),
                         name(r.collective),
                         name(r.type),
                         r.ranks,
                         r.ranks_per_node,
                         r.bytes,
                         r.in_place,
                         us(measured(row)),
                         p ? us(p->time) : "",
                         p ? us(p->low) : "",
                         p ? us(p->high) : "",
                         p ? fmt::format("{:.6g}", row.ratio) : "",
                         p ? p->algorithm : "",
                         p ? p->protocol : "",
                         name(row.verdict),
                         csv_field(row.why_unknown));
    }
  }
}

json to_json(const Expectation& expectation) {
  json curves = json::array();
  for (const auto& curve : expectation.curves) {
    json rows = json::array();
    for (const auto& row : curve.rows) {
      rows.push_back(row_json(row));
    }
    json causes = json::array();
    for (const auto& cause : curve.causes) {
      causes.push_back({
          {"name",     cause.name             },
          {"text",     cause.text             },
          {"distance", rounded(cause.distance)}
      });
    }
    curves.push_back({
        {"collective",     name(curve.collective)},
        {"ranks",          curve.ranks           },
        {"ranks_per_node", curve.ranks_per_node  },
        {"nccl_version",   curve.nccl_version    },
        {"rows",           std::move(rows)       },
        {"causes",         std::move(causes)     },
        {"notes",          curve.notes           }
    });
  }
  return {
      {"schema",  "fabricast.expectation/1"},
      {"cluster", expectation.cluster      },
      {"curves",  std::move(curves)        }
  };
}

}  // namespace fabricast
