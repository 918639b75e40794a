// What a fit leaves behind and a forecast starts from: model.json.
#pragma once

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
  std::string description = "published and assumed constants; nothing was measured here";
  /// Largest communicator among the fitted records, for "host" and for "gpu" ranks; none: no fit.
  std::map<std::string, int> fitted_ranks;
  std::vector<FitScore> scores;
  std::vector<std::string> warnings;  // what the residuals say against the fit
};

/// The shipped constants.
Model prior_model();

/// Writes the fitted inputs with their priors, covariance, scores and warnings.
nlohmann::json to_json(const Model& model);
/// The shipped constants moved by a fit. Throws Error naming `where` for what is not such a file.
Model model_from_json(const nlohmann::json& json, const std::string& where);

Model load_model(const std::string& path);
/// Written beside the target and renamed: never half a file.
void save_model(const Model& model, const std::string& path);

}  // namespace fabricast
