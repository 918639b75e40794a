// fabricast run: inspect, measure, fit, forecast, report.

#include "bench/backends/gpu.hpp"
#include "bench/launcher.hpp"
#include "bench/machine.hpp"
#include "cli/cli.hpp"
#include "cli/fitting.hpp"
#include "cli/measuring.hpp"
#include "cli/reporting.hpp"
#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "model/collective/predict.hpp"
#include "report/csv.hpp"
#include "report/forecast_json.hpp"
#include "report/forecast_table.hpp"
#include "report/measurement_table.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

namespace fabricast {

namespace {

namespace fs = std::filesystem;

struct Options {
  bool quick = false;
  std::string out;
  std::string cluster = "colossus-100k";
};

// What is measured, and how long it may take: a person waits for it.
struct Effort {
  Seconds budget;  // over all rank counts
  std::uint64_t max_bytes;
  std::uint64_t factor;
};
constexpr Effort kFull{Seconds(60), 16 << 20, 4};
constexpr Effort kQuick{Seconds(15), 4 << 20, 8};

// What is forecast: the whole cluster at once, and a group as data-parallel training uses it.
struct Asked {
  Collective collective;
  int most_ranks;  // 0: all GPUs
};
constexpr std::array kAsked{
    Asked{Collective::kAllReduce, 0   },
    Asked{Collective::kAllGather, 1024}
};
constexpr std::array<std::uint64_t, 5> kAskedBytes{8, 64 << 10, 1 << 20, 64 << 20, 1 << 30};

void heading(const std::string& text) { std::cout << "\n== " << text << "\n\n"; }

// 2, 4, 8 ... processors: each twice the one before. A single processor gets two ranks all the
// same: they take turns, which the records say.
std::vector<int> host_rank_counts() {
  std::vector<int> counts{2};
  for (int ranks = 4; ranks <= usable_processors() && ranks <= 16; ranks *= 2) {
    counts.push_back(ranks);
  }
  return counts;
}

// False when it was interrupted: what was finished is in the file.
bool measure_on_host(const Effort& effort, const std::string& records) {
  const std::vector<int> counts = host_rank_counts();
  for (const int ranks : counts) {
    const double budget = effort.budget.si() / static_cast<double>(counts.size());
    fmt::print(stderr,
               "measuring {} ranks on this machine's {} processors, at most {:.0f} s\n",
               ranks,
               usable_processors(),
               budget);
    const ChildResult child = run_under_mpirun(ranks,
                                               {own_executable(),
                                                "measure",
                                                "--backend",
                                                "mpi",
                                                "--algorithm",
                                                "all",
                                                "-b",
                                                "8",
                                                "-e",
                                                std::to_string(effort.max_bytes),
                                                "-f",
                                                std::to_string(effort.factor),
                                                "--budget",
                                                fmt::format("{:.1f}", budget),
                                                "--quiet",
                                                "-o",
                                                records});
    if (child.interrupted) {
      return false;
    }
    if (child.exit_code != 0) {
      throw Error(fmt::format("measuring {} ranks ended with exit code {}", ranks, child.exit_code),
                  "the messages above",
                  "fabricast doctor; finished rows are in " + records,
                  child.exit_code == 1 ? ExitCode::kVerdictFailed : ExitCode::kCutShort);
    }
  }
  return true;
}

void measure_here(const Effort& effort, const std::string& records) {
  MeasureOptions measure_options;
  measure_options.selection.algorithms = {"all"};
  measure_options.selection.sweep = {8, 0, effort.factor};
  measure_options.selection.sweep.max = inspect_gpus().usable() ? 1ULL << 30 : effort.max_bytes;
  measure_options.budget = effort.budget;
  measure_options.records_file = records;
  const MeasureResult result = measure(measure_options);
  if (result.wrong_elements > 0) {
    throw Error(fmt::format("{} wrong elements were found", result.wrong_elements),
                records,
                "do not use these figures; check memory, driver and library",
                ExitCode::kVerdictFailed);
  }
}

// Only the library's own collectives, of the two that training uses most; the rest is on the page.
std::vector<Record> shown(const std::vector<Record>& records) {
  std::vector<Record> list;
  std::copy_if(records.begin(), records.end(), std::back_inserter(list), [](const Record& r) {
    return r.algorithm == "library" &&
           (r.collective == Collective::kAllReduce || r.collective == Collective::kAllGather);
  });
  return list;
}

void show_measured(const std::vector<Record>& records) {
  heading(fmt::format("Measured on {}", host_name()));
  write_measurement_tables(std::cout, shown(records));
}

std::optional<Model> fit_measured(const std::vector<Record>& records) {
  heading("Fit of this machine");
  const std::string cluster = cluster_of(records);
  if (cluster.empty()) {
    std::cout
        << "no built-in cluster describes this machine: `fabricast fit --cluster FILE` fits it\n";
    return std::nullopt;
  }
  try {
    const FitResult result = fit(records, load_cluster(cluster), "");
    write_fit(std::cout, result);
    return result.model;
  } catch (const Error& error) {
    std::cout << "nothing was fitted: " << error.what() << '\n';
    return std::nullopt;
  }
}

int ranks_of(const Asked& asked, const Cluster& cluster) {
  const int all = static_cast<int>(cluster.gpus_total.value);
  return asked.most_ranks == 0 ? all : std::min(all, asked.most_ranks);
}

std::vector<Forecast> forecast(const Cluster& cluster, const Model& model) {
  std::vector<Forecast> forecasts;
  for (const Asked& asked : kAsked) {
    Question question;
    question.collective = asked.collective;
    question.ranks = ranks_of(asked, cluster);
    question.bytes.assign(kAskedBytes.begin(), kAskedBytes.end());
    forecasts.push_back(predict(cluster, question, model));
    heading("Forecast");
    write_forecast(std::cout, forecasts.back());
  }
  return forecasts;
}

std::string default_folder() {
  return fmt::format("fabricast-results/{:%Y%m%d-%H%M%S}", fmt::localtime(std::time(nullptr)));
}

void make_folder(const fs::path& folder) {
  std::error_code status;
  fs::create_directories(folder, status);
  if (status) {
    throw Error("cannot make the folder " + folder.string() + ": " + status.message(),
                "--out",
                "another place with --out");
  }
  if (fs::exists(folder / ResultFiles::kRecords)) {
    throw Error("there are results in " + folder.string() + " already",
                "--out",
                "another folder; results are never overwritten");
  }
}

void save(const Results& results, const fs::path& folder) {
  if (results.model) {
    save_model(*results.model, (folder / ResultFiles::kModel).string());
  }
  for (const auto& forecast : results.forecasts) {
    const auto file =
        fmt::format("{}{}.json", ResultFiles::kForecastPrefix, name(forecast.collective));
    write_file((folder / file).string(), [&](std::ostream& out) { write_json(out, forecast); });
  }
  write_file((folder / ResultFiles::kMeasuredCsv).string(),
             [&](std::ostream& out) { write_csv(out, results.records); });
  write_file((folder / ResultFiles::kForecastCsv).string(),
             [&](std::ostream& out) { write_csv(out, results.forecasts); });
  save_html(assemble(results, "fabricast on " + host_name()),
            (folder / ResultFiles::kHtml).string());
}

void run(const Options& o) {
  const Cluster cluster =
      load_cluster(o.cluster);  // a wrong name is found before a minute of measuring
  const Effort& effort = o.quick ? kQuick : kFull;
  const fs::path folder = o.out.empty() ? default_folder() : o.out;
  const std::string records = (folder / ResultFiles::kRecords).string();
  const GpuInventory gpus = inspect_gpus();
  bool finished = true;
  if (under_launcher() || gpus.usable()) {
    if (launcher_rank() == 0) {
      make_folder(folder);
    }
    measure_here(effort, records);
    if (launcher_rank() != 0) {
      return;
    }
  } else {
    make_folder(folder);
    fmt::print(stderr, "no GPU is measured: {}\n", gpus.why_none);
    finished = measure_on_host(effort, records);
  }
  Results results;
  if (fs::exists(records)) {
    results.records = read_jsonl(records).records;
  }
  show_measured(results.records);
  results.model = fit_measured(results.records);
  results.forecasts = forecast(cluster, results.model ? *results.model : published_model());
  save(results, folder);
  heading("Files");
  fmt::print("{}/\n  {} ({} rows){}, {}, {}, {}\n",
             folder.string(),
             ResultFiles::kRecords,
             results.records.size(),
             results.model ? fmt::format(", {}", ResultFiles::kModel) : "",
             ResultFiles::kMeasuredCsv,
             ResultFiles::kForecastCsv,
             ResultFiles::kHtml);
  if (!finished) {
    throw Error("interrupted while measuring",
                "",
                "the report holds what was finished until then",
                ExitCode::kCutShort);
  }
}

}  // namespace

void register_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App& c =
      *app.add_subcommand("run", "The main job: measure this machine, fit, forecast, report");
  c.add_flag("--quick", options->quick, "Fewer sizes, a quarter of the time");
  c.add_option(
      "--out", options->out, "Folder for the results (default: fabricast-results/DATE-TIME)");
  c.add_option("--cluster", options->cluster, "What to forecast")->capture_default_str();
  c.callback([options] { run(*options); });
}

}  // namespace fabricast
