// A forecast as tables: times with their intervals, what they consist of and what they rest on.
// Every number here is modelled and labelled so.
#pragma once

#include "model/forecast.hpp"
#include "report/table.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

inline constexpr std::size_t kDriversShown = 3;

/// "all_reduce, 100,000 ranks, 8 per node, on colossus-100k".
std::string heading(const Forecast& forecast);
/// NCCL's version, how the algorithm was selected, what low and high mean.
std::string conditions(const Forecast& forecast);
/// "24x beyond the 4,096 ranks the constants come from"; one line for each distinct case.
std::vector<std::string> extrapolation_lines(const Forecast& forecast);

/// One row per message size.
Table forecast_table(const Forecast& forecast);
/// One row per term of the time, in microseconds and as a share.
Table term_table(const Prediction& prediction);
/// The first `top` drivers: share of the interval's variance, origin, source.
Table driver_table(const Prediction& prediction, std::size_t top = kDriversShown);

/// All of the above, and the notes. Terms and drivers are those of the size `detail_bytes`, by
/// default of the largest one. Throws Error if that size was not forecast.
void write_forecast(std::ostream& out,
                    const Forecast& forecast,
                    std::optional<std::uint64_t> detail_bytes = std::nullopt,
                    std::size_t width = kTerminalWidth);

}  // namespace fabricast
