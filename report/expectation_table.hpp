// Measured rows beside what was expected of them, with a verdict: as tables, CSV and JSON.
#pragma once

#include "model/expectation.hpp"
#include "report/table.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <iosfwd>

namespace fabricast {

/// One row per record.
Table expectation_table(const ExpectedCurve& curve, Footnotes& footnotes);

/// A table per curve with its likely causes, and the count of verdicts.
void write_expectation(std::ostream& out,
                       const Expectation& expectation,
                       std::size_t width = kTerminalWidth);

/// One row per record, for all curves.
void write_csv(std::ostream& out, const Expectation& expectation);

/// "fabricast.expectation/1".
nlohmann::json to_json(const Expectation& expectation);

}  // namespace fabricast
