// What the report's figures show: records, fits and forecasts as plots and bars. No drawing here.
#pragma once

#include "report/html.hpp"
#include "report/svg_bars.hpp"
#include "report/svg_plot.hpp"

#include <vector>

namespace fabricast {

/// One plot per group of records that has at least two sizes to draw or a fit of its collective and
/// number of ranks; then one per collective and number of ranks that has fits but no records.
std::vector<Plot> measured_plots(const std::vector<Record>& records,
                                 const std::vector<FittedCurve>& fits);

/// The forecast with its band, and the bound that the datasheets set.
Plot forecast_plot(const Forecast& forecast);

/// One bar per message size: each term's share of the forecast time.
StackedBars term_bars(const Forecast& forecast);

}  // namespace fabricast
