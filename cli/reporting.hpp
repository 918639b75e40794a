// From a folder of results to a report: shared by `report` and `run`.
#pragma once

#include "core/record.hpp"
#include "model/forecast.hpp"
#include "model/model_file.hpp"
#include "report/html.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// What a run leaves in its folder, all of it readable by a person and by `report`.
struct ResultFiles {
  static constexpr const char* kRecords = "records.jsonl";
  static constexpr const char* kModel = "model.json";
  static constexpr const char* kForecastPrefix = "forecast-";  // ...COLLECTIVE.json
  static constexpr const char* kHtml = "report.html";
  static constexpr const char* kMeasuredCsv = "measured.csv";
  static constexpr const char* kForecastCsv = "forecast.csv";
};

struct Results {
  std::vector<Record> records;
  std::optional<Model> model;
  std::vector<Forecast> forecasts;
};

/// A .jsonl file, or a folder with the files above (each optional). Throws Error when there is
/// nothing.
Results load_results(const std::string& path);

/// Lines of the fit, forecasts, ladder and provenance, put together for the page.
HtmlReport assemble(const Results& results, const std::string& title);

/// Written beside the target and renamed: never half a page.
void save_html(const HtmlReport& report, const std::string& path);

}  // namespace fabricast
