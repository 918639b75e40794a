#include "cli/fitting.hpp"

#include "report/number.hpp"
#include "report/table.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <ostream>

namespace fabricast {

namespace {

// Part of a GPU's name -> the cluster file of its box.
struct KnownBox {
  std::string_view gpu;
  std::string_view cluster;
};
constexpr std::array kKnownBoxes{
    KnownBox{"H100", "hgx-h100"}
};

Table constants_table(const Model& model) {
  Table table{
      {{"constant", "", Content::kWords, 5},
       {"value", "", Content::kNumber, 5},
       {"90 % interval", "", Content::kNumber, 4},
       {"provenance", "", Content::kProvenance, 3}},
      {                                   }
  };
  for (const auto& name : model.constants.joint().names) {
    const auto& q = model.constants.at(model.constants.index(name)).quantity;
    table.rows.push_back({name,
                          format_number(q.value, 3),
                          format_range(q.lo, q.hi, 3),
                          std::string(fabricast::name(q.provenance))});
  }
  return table;
}

Table scores_table(const Model& model) {
  Table table{
      {{"checked on", "", Content::kWords, 5},
       {"rows", "", Content::kNumber, 5},
       {"median error", "", Content::kNumber, 5},
       {"90th percentile", "", Content::kNumber, 5},
       {"inside 90 % interval", "", Content::kNumber, 4}},
      {}
  };
  for (const auto& s : model.scores) {
    table.rows.push_back({s.what,
                          std::to_string(s.rows),
                          format_percent(std::expm1(s.median_error)),
                          format_percent(std::expm1(s.p90_error)),
                          format_percent(s.coverage)});
  }
  return table;
}

}  // namespace

std::string cluster_of(const std::vector<Record>& records) {
  for (const auto& record : records) {
    if (record.backend == "mpi") {
      return "host-box";
    }
    for (const auto& box : kKnownBoxes) {
      if (record.origin.machine.find(box.gpu) != std::string::npos) {
        return std::string(box.cluster);
      }
    }
  }
  return "";
}

void write_fit(std::ostream& out, const FitResult& result) {
  out << render(constants_table(result.model)) << '\n' << render(scores_table(result.model));
  for (const auto& warning : result.model.warnings) {
    out << paragraph("warning: " + warning);
  }
  for (const auto& [reason, records] : result.left_out) {
    out << paragraph(fmt::format("not fitted: {} records ({})", records, reason));
  }
}

}  // namespace fabricast
