#include "cli/reporting.hpp"

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "model/cluster.hpp"
#include "model/collective/predict.hpp"
#include "model/collective/setting.hpp"
#include "report/forecast_json.hpp"
#include "report/number.hpp"
#include "report/record_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

namespace fabricast {

namespace {

namespace fs = std::filesystem;

Results load_folder(const fs::path& folder) {
  Results results;
  if (const auto records = folder / ResultFiles::kRecords; fs::exists(records)) {
    results.records = read_jsonl(records.string()).records;
  }
  if (const auto model = folder / ResultFiles::kModel; fs::exists(model)) {
    results.model = load_model(model.string());
  }
  std::set<fs::path> forecasts;  // in an order that does not depend on the file system
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(ResultFiles::kForecastPrefix) && entry.path().extension() == ".json") {
      forecasts.insert(entry.path());
    }
  }
  for (const auto& path : forecasts) {
    results.forecasts.push_back(read_forecast(path.string()));
  }
  return results;
}

// The model's line through the sizes of one measured curve. Only curves whose algorithm is known
// have one; what the model cannot price has none.
FittedCurve curve_of(const std::vector<const Record*>& rows, const Model& model) {
  const Record& first = *rows.front();
  Question question;
  question.collective = first.collective;
  question.ranks = first.ranks;
  question.ranks_per_node = first.ranks_per_node;
  question.algorithm = first.algorithm;
  for (const Record* r : rows) {
    if (r->bytes > 0) {
      question.bytes.push_back(r->bytes);
    }
  }
  const Forecast forecast = predict(load_cluster("host-box"), question, model);
  FittedCurve curve{fmt::format("fit, {}", first.algorithm),
                    first.collective,
                    first.algorithm,
                    first.ranks,
                    {},
                    {},
                    {}};
  for (const auto& p : forecast.predictions) {
    const Bytes size(static_cast<double>(p.bytes));
    curve.points.emplace_back(size, p.time);
    curve.low.emplace_back(size, p.low);
    curve.high.emplace_back(size, p.high);
  }
  return curve;
}

std::vector<FittedCurve> fitted_curves(const Results& results) {
  std::map<std::tuple<Collective, int, int, std::string>, std::vector<const Record*>> curves;
  for (const auto& r : results.records) {
    if (r.backend == "mpi" && r.algorithm != "library" && r.ranks > 1 && !r.oversubscribed) {
      curves[{r.collective, r.ranks, r.ranks_per_node, r.algorithm}].push_back(&r);
    }
  }
  std::vector<FittedCurve> fits;
  for (const auto& [key, rows] : curves) {
    fits.push_back(curve_of(rows, *results.model));
  }
  return fits;
}

bool any(const std::vector<Record>& records, bool (*matches)(const Record&)) {
  return std::any_of(records.begin(), records.end(), matches);
}

std::vector<LadderRung> ladder(const std::vector<Record>& records) {
  return {
      {"no GPU",
       "Open MPI collectives on host buffers; the host's memory system", "everything about GPUs and their networks",
       any(records, [](const Record& r) { return r.backend == "mpi"; })                  },
      {"one GPU",
       "launch and copy cost of one-rank NCCL",                          "NVLink, NIC, fabric",
       any(records, [](const Record& r) { return r.backend == "nccl"; })                 },
      {"one box with several GPUs",
       "NVLink collectives",                                             "NIC, fabric",
       any(records, [](const Record& r) { return r.backend == "nccl" && r.ranks > 1; })  },
      {"several boxes",
       "NIC, leaf and spine as well",                                    "the tiers above",
       any(records,
       [](const Record& r) { return r.backend == "nccl" && r.ranks > r.ranks_per_node; })},
  };
}

ProvenanceRow provenance_row(const Input& input) {
  const auto& q = input.quantity;
  return {
      input.name, format_number(q.value, 3), format_range(q.lo, q.hi, 3), q.provenance, q.source};
}

// The fitted constants, and every input that a forecast's interval depends on.
std::vector<ProvenanceRow> provenance(const Results& results) {
  std::vector<ProvenanceRow> rows;
  std::set<std::string> seen;
  const auto add = [&](const Input& input) {
    if (seen.insert(input.name).second) {
      rows.push_back(provenance_row(input));
    }
  };
  const Model model = results.model ? *results.model : published_model();
  for (const auto& name : model.constants.joint().names) {
    add(model.constants.at(model.constants.index(name)));
  }
  for (const auto& forecast : results.forecasts) {
    const Cluster cluster = load_cluster(forecast.cluster);
    const Inputs inputs = inputs_for(
        cluster, make_setting(cluster, forecast.ranks, forecast.ranks_per_node), model.constants);
    for (const auto& prediction : forecast.predictions) {
      for (const auto& driver : prediction.drivers) {
        if (inputs.has(driver.input)) {
          add(inputs.at(inputs.index(driver.input)));
        }
      }
    }
  }
  return rows;
}

std::vector<FitCheck> fit_checks(const Model& model) {
  std::vector<FitCheck> lines{
      {"what the constants are", model.description}
  };
  for (const auto& s : model.scores) {
    lines.push_back(
        {s.what,
         fmt::format("{} rows: median error {}, 90th percentile {}; {} lie inside their "
                     "90 % interval",
                     s.rows,
                     format_percent(std::expm1(s.median_error)),
                     format_percent(std::expm1(s.p90_error)),
                     format_percent(s.coverage))});
  }
  for (const auto& warning : model.warnings) {
    lines.push_back({"warning", warning});
  }
  return lines;
}

}  // namespace

Results load_results(const std::string& path) {
  Results results;
  if (fs::is_directory(path)) {
    results = load_folder(path);
  } else {
    results.records = read_jsonl(path).records;
  }
  if (results.records.empty() && results.forecasts.empty()) {
    throw Error("there is nothing to report in " + path,
                "",
                "a .jsonl file of `fabricast measure`, or the folder of a `fabricast run`");
  }
  return results;
}

HtmlReport assemble(const Results& results, const std::string& title) {
  HtmlReport report;
  report.title = title;
  report.records = results.records;
  report.forecasts = results.forecasts;
  report.ladder = ladder(results.records);
  report.provenance = provenance(results);
  if (results.model) {
    report.fits = fitted_curves(results);
    report.fit_checks = fit_checks(*results.model);
  }
  return report;
}

void save_html(const HtmlReport& report, const std::string& path) {
  write_file(path, [&](std::ostream& out) { write_html(out, report); });
}

}  // namespace fabricast
