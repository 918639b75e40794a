// One self-contained report.html: no network, no script, prints on A4.
#pragma once

#include "core/collective.hpp"
#include "core/provenance.hpp"
#include "core/record.hpp"
#include "model/forecast.hpp"

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace fabricast {

/// The model's line for this machine. `low` and `high` have the sizes of `points`, or are empty
/// where there is no band.
struct FittedCurve {
  std::string label;
  Collective collective = Collective::kAllReduce;
  std::string algorithm;
  int ranks = 0;
  std::vector<std::pair<Bytes, Seconds>> points;
  std::vector<std::pair<Bytes, Seconds>> low;
  std::vector<std::pair<Bytes, Seconds>> high;
};

/// A step of the calibration ladder: what is measured on it, what stays a prior.
struct LadderRung {
  std::string rung;
  std::string measured;
  std::string prior;
  bool reached = false;
};

struct ProvenanceRow {
  std::string input;
  std::string value;  // with its unit
  std::string range;
  Provenance provenance = Provenance::kAssumed;
  std::string source;
};

/// A line about the fit: error on held-out rows, coverage, warnings.
struct FitCheck {
  std::string what;
  std::string value;
};

struct HtmlReport {
  std::string title;
  std::vector<Record> records;
  std::vector<FittedCurve> fits;
  std::vector<Forecast> forecasts;
  std::vector<LadderRung> ladder;
  std::vector<ProvenanceRow> provenance;
  std::vector<FitCheck> fit_checks;
};

/// Every part is optional; a section without data says so.
void write_html(std::ostream& out, const HtmlReport& report);

}  // namespace fabricast
