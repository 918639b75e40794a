#include "cli/fitting.hpp"

#include "report/number.hpp"
#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ostream>

namespace fabricast {

namespace {

// Part of a GPU's name -> the cluster of its box. The first that is found counts: "GB200" holds
// "B200". A box without a file of its own has none.
struct KnownBox {
  std::string_view gpu;
  std::string_view cluster;
};
constexpr std::array kKnownBoxes{
    KnownBox{"H100 PCIe",    ""                 },
    KnownBox{"H100",         "hgx-h100"         },
    KnownBox{"H200",         "hgx-h200"         },
    KnownBox{"H20",          "hgx-h20"          },
    KnownBox{"GB300",        "gb300-nvl72"      },
    KnownBox{"B300",         "hgx-b300"         },
    KnownBox{"GB200",        "gb200-nvl72"      },
    KnownBox{"B200",         "hgx-b200"         },
    KnownBox{"A100-SXM",     "hgx-a100"         },
    KnownBox{"A100",         "pcie-a100"        },
    KnownBox{"L40S",         "pcie-l40s"        },
    KnownBox{"RTX PRO 6000", "pcie-rtx-pro-6000"},
};

bool is_built_in(std::string_view cluster) {
  const auto names = cluster_names();
  return std::find(names.begin(), names.end(), cluster) != names.end();
}

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
    if (q.provenance != Provenance::kMeasured) {
      continue;  // the rows said less of it than what was known before
    }
    table.rows.push_back({name,
                          format_number(q.value, 3),
                          format_range(q.lo, q.hi, 3),
                          std::string(fabricast::name(q.provenance))});
  }
  return table;
}

std::string whole_bytes(double bytes) {
  return format_count(static_cast<std::uint64_t>(std::llround(bytes)));
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
        return is_built_in(box.cluster) ? std::string(box.cluster) : "";
      }
    }
  }
  return "";
}

void write_fit(std::ostream& out, const FitResult& result) {
  out << render(constants_table(result.model)) << '\n' << render(scores_table(result.model));
  if (const auto& at = result.long_message_B) {
    out << paragraph(fmt::format(
        "a step's messages are slower from {} B on (90 %: {}–{} B): rendezvous instead of eager",
        whole_bytes(at->value),
        whole_bytes(at->lo),
        whole_bytes(at->hi)));
  }
  for (const auto& warning : result.model.warnings) {
    out << paragraph("warning: " + warning);
  }
  for (const auto& [reason, records] : result.left_out) {
    out << paragraph(fmt::format("not fitted: {} records ({})", records, reason));
  }
}

}  // namespace fabricast
