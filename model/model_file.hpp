// What a fit leaves behind and a forecast starts from: model.json.
#pragma once

#include "model/fit/residual_process.hpp"
#include "model/inputs.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace fabricast {

/// A line about how well the fit describes what it saw and what it did not see.
struct FitScore {
  std::string what;  // "held-out sizes", "held-out ranks", "fitted rows"
  int rows = 0;
  double median_error = 0;  // of |ln(predicted / measured)|
  double p90_error = 0;
  double coverage = 0;  // part of the rows inside their 90 % interval
};

/// The constants of the cost model, as shipped or moved by measurements.
struct Model {
  Inputs constants;
  std::string description;
  ResidualProcess errors;  // of the equations; with what a fit left unexplained on its system
  /// Largest communicator behind the constants: "host" and "gpu" ranks of a user's own fit,
  /// "published.CLASS" of the published curves over a class of fabrics ("none": one node).
  std::map<std::string, int> fitted_ranks;
  std::vector<FitScore> scores;
  std::vector<std::string> warnings;  // what the residuals say against the fit
};

/// The constants before any measurement: model/collective/priors.toml.
Model prior_model();
/// The shipped constants: fitted to the published curves.
Model published_model();

/// Writes the inputs that were fitted together with what they were before, their covariance, what
/// is left unexplained, scores and warnings.
nlohmann::json to_json(const Model& model, const Model& before = published_model());
/// `before` moved by a fit. Throws Error naming `where` for what is not such a file.
Model model_from_json(const nlohmann::json& json,
                      const std::string& where,
                      const Model& before = published_model());

/// A user's own fit, on top of the shipped constants.
Model load_model(const std::string& path);
/// Written beside the target and renamed: never half a file.
void save_model(const Model& model,
                const std::string& path,
                const Model& before = published_model());

}  // namespace fabricast
