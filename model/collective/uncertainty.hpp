// From the ranges of the inputs to the interval of a time, and to what drives it.
#pragma once

#include "model/collective/cost.hpp"
#include "model/forecast.hpp"
#include "model/inputs.hpp"

#include <string>
#include <vector>

namespace fabricast {

/// A part of the interval that does not come through the equations: their own error, the distance
/// of an extrapolation. `log_width` is half the 90 % interval of ln(time).
struct ExtraUncertainty {
  std::string name;
  double log_width = 0;
  Provenance provenance = Provenance::kDerived;
  std::string source;
};

struct Spread {
  double log_low = 0;           // ln(low / time) <= 0
  double log_high = 0;          // ln(high / time) >= 0
  std::vector<Driver> drivers;  // share of at least 1 %, largest first
};

/// Each input in turn goes to both ends of its 90 % range; what it does to ln(time) adds in
/// quadrature, up and down apart, because ranges are lopsided (a taper can only slow down). Inputs
/// that were fitted together enter by their covariance.
Spread spread(const Cost& cost,
              const Inputs& inputs,
              Bytes message,
              const std::vector<ExtraUncertainty>& extras);

}  // namespace fabricast
