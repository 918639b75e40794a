// A forecast as JSON, "fabricast.forecast/1": what `predict --format json` prints and `report`
// reads.
#pragma once

#include "model/forecast.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <string>

namespace fabricast {

/// Times in microseconds and rates in GB/s, rounded to 12 significant digits: reading and writing
/// again gives the same text. Rates are null where there are none (one rank).
nlohmann::json to_json(const Forecast& forecast);

/// One forecast as indented JSON, newline included. Bytes that are not UTF-8 are replaced.
void write_json(std::ostream& out, const Forecast& forecast);

/// Throws Error naming `where` and the key that is missing, unknown or of the wrong kind. Rates are
/// recomputed from sizes and times.
Forecast forecast_from_json(const nlohmann::json& json, const std::string& where);

/// One forecast per file. Throws Error for an unreadable file or one that is not a forecast.
Forecast read_forecast(const std::string& path);

}  // namespace fabricast
