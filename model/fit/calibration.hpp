// The constants that ship with the program: fitted to all published curves.
#pragma once

#include "model/fit/published.hpp"
#include "model/fit/validation.hpp"
#include "model/model_file.hpp"

namespace fabricast {

/// Constants and covariance from all curves; the error of the equations on systems that the fit had
/// not seen from `validation`; that on systems it knows from what the fit leaves. Deterministic.
Model calibrate(const std::vector<PublishedCurve>& curves, const Validation& validation);

}  // namespace fabricast
