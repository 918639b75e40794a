// How well the model predicts published measurements, for the terminal and as JSON.
#pragma once

#include "model/fit/validation.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>

namespace fabricast {

/// Errors as "median / 90th percentile" of |ln(forecast / measured)|, as percent (exp - 1): cold,
/// warm, and what a fit to everything leaves.
void write_validation(std::ostream& out, const Validation& validation);

nlohmann::json to_json(const Validation& validation);

/// One self-contained page: the tables, and a plot for each system and collective.
void write_validation_html(std::ostream& out, const Validation& validation);

}  // namespace fabricast
