#include "cli/measuring_patterns.hpp"

#include "bench/patterns/training_driver.hpp"
#include "bench/record_writer.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "model/workload_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fabricast {

namespace {

// What gradients and activations are kept in.
constexpr std::array kTrainingTypes{DataType::kFloat32, DataType::kFloat16, DataType::kBfloat16};

DataType training_type(const std::vector<std::string>& types) {
  if (types.empty()) {
    return DataType::kFloat32;
  }
  std::vector<std::string> known;
  for (const DataType type : kTrainingTypes) {
    known.emplace_back(name(type));
  }
  const auto type = find_data_type(types.front());
  if (types.size() > 1 || !type ||
      std::find(kTrainingTypes.begin(), kTrainingTypes.end(), *type) == kTrainingTypes.end()) {
    throw unknown_name(
        "type of a training pattern", fmt::format("{}", fmt::join(types, ",")), known);
  }
  return *type;
}

int tensor_parallel_of(const ModelOptions& model) {
  if (model.tensor_parallel.size() > 1) {
    throw Error("a pattern runs with one number of tensor parallel ranks", "--tp", "--tp 2");
  }
  return model.tensor_parallel.empty() ? 0 : model.tensor_parallel.front();
}

std::vector<const TrainingPattern*> chosen_patterns(const std::vector<std::string>& names) {
  std::vector<const TrainingPattern*> chosen;
  for (const auto& name : names) {
    if (name == "all") {
      for (const auto& pattern : training_patterns()) {
        chosen.push_back(&pattern);
      }
    } else {
      chosen.push_back(&find_training_pattern(name));
    }
  }
  return chosen;
}

struct PatternCase {
  const TrainingPattern* pattern;
  TrainingSetup setup;
};

TrainingSetup setup_for(const TrainingPattern& pattern,
                        const ModelOptions& model,
                        const PatternOptions& o,
                        DataType type,
                        const Backend& backend) {
  const double usual = backend.name() == "nccl" ? kParametersOnGpu : kParametersOnHost;
  TrainingSetup setup;
  setup.workload =
      load_workload(model.workload.empty() ? std::string(pattern.workload) : model.workload)
          .workload;
  setup.scale =
      model.scale.empty() ? default_scale(setup.workload, usual) : parse_scale(model.scale);
  setup.type = type;
  setup.ranks = backend.ranks();
  if (model.tokens > 0) {
    setup.tokens = model.tokens;
  }
  setup.bucket_bytes = o.bucket_bytes;
  setup.prefetch = o.prefetch;
  setup.sequence_parallel = o.sequence_parallel;
  setup.skew = o.skew;
  setup.seed = o.seed;
  setup.microbatches = o.microbatches;
  setup.tensor_parallel = tensor_parallel_of(model);
  setup.pipeline_parallel = o.pipeline_parallel;
  return setup;
}

/// Of "all", what does not fit is skipped; what was asked for by name is an error.
std::vector<PatternCase> plan_patterns(const ModelOptions& model,
                                       const PatternOptions& o,
                                       DataType type,
                                       const Backend& backend,
                                       std::vector<std::string>& skipped) {
  const bool all = std::find(o.patterns.begin(), o.patterns.end(), "all") != o.patterns.end();
  std::vector<PatternCase> cases;
  for (const TrainingPattern* pattern : chosen_patterns(o.patterns)) {
    const TrainingSetup setup = setup_for(*pattern, model, o, type, backend);
    try {
      pattern->settings(setup);
      cases.push_back({pattern, setup});
    } catch (const Error& error) {
      if (!all) {
        throw;
      }
      const std::string text = error.what();
      skipped.push_back(fmt::format("{}: {}", pattern->name, text.substr(0, text.find('\n'))));
    }
  }
  return cases;
}

PatternResult run_patterns(const MeasureOptions& measure,
                           const ModelOptions& model,
                           const PatternOptions& o,
                           Job& job) {
  Control& control = *job.control;
  PatternResult result;
  result.root = control.is_root();
  const std::vector<PatternCase> cases =
      plan_patterns(model, o, training_type(measure.selection.types), *job.backend, result.skipped);
  TrainingOptions options;
  options.rule = measure.rule;
  options.timeout = measure.timeout;
  options.flip = planted_flip(measure.planted_flip, control);
  options.origin = job_origin(*job.backend);
  constexpr double kParts = 3;
  if (measure.budget && !cases.empty()) {
    options.rule.time_cap = std::min(
        options.rule.time_cap, *measure.budget / (kParts * static_cast<double>(cases.size())));
  }
  std::optional<RecordWriter> writer;
  if (result.root && !measure.records_file.empty()) {
    writer.emplace(measure.records_file);
  }
  Progress progress(cases.size(), result.root);
  for (const auto& [pattern, setup] : cases) {
    TrainingRecord record = measure_training(*pattern, setup, *job.backend, control, options);
    if (writer) {
      writer->append(record);
    }
    if (result.root) {
      progress.step(fmt::format("{} {}", record.pattern, record.workload));
    }
    result.wrong_elements += record.wrong_elements;
    result.records.push_back(std::move(record));
  }
  return result;
}

}  // namespace

void add_pattern_options(CLI::App& app, PatternOptions& o) {
  CLI::Option* pattern = add_list(app,
                                  "--pattern",
                                  o.patterns,
                                  fmt::format("Training steps instead of collectives: {}, or all",
                                              fmt::join(names_of(training_patterns()), ", ")));
  for (const char* other : {"--collective",
                            "--algorithm",
                            "--min-bytes",
                            "--max-bytes",
                            "--factor",
                            "--bytes",
                            "--count",
                            "--benchmark-out"}) {
    pattern->excludes(app.get_option(other));
  }
  const auto of_pattern = [&](CLI::Option* option) {
    option->needs(pattern)->group("With --pattern");
    return option;
  };
  of_pattern(app.add_option("--prefetch", o.prefetch, "fsdp: layers gathered ahead")
                 ->capture_default_str()
                 ->check(CLI::Range(0, 1 << 20)));
  of_pattern(app.add_flag("--sequence-parallel",
                          o.sequence_parallel,
                          "tp, 3d: reduce-scatter and all-gather instead of all-reduce"));
  of_pattern(app.add_option("--skew", o.skew, "ep: popularity of the k-th expert is k^-SKEW")
                 ->capture_default_str()
                 ->check(CLI::Range(0.0, 10.0)));
  of_pattern(app.add_option("--router-seed", o.seed, "ep: of the router")->capture_default_str());
  of_pattern(app.add_option("--microbatches", o.microbatches, "pp, 3d: per step")
                 ->capture_default_str()
                 ->check(CLI::Range(1, 1 << 16)));
  of_pattern(
      app.add_option("--pp", o.pipeline_parallel, "3d: stages (default: 2 where that divides)")
          ->check(CLI::Range(1, 1 << 20)));
  of_pattern(add_size(app, "--bucket", o.bucket_bytes, "ddp, 3d: bucket, unscaled (default: 25M)"));
}

PatternResult measure_patterns(const MeasureOptions& measure,
                               const ModelOptions& model,
                               const PatternOptions& options) {
  PatternResult result;
  on_job(measure.job, [&](Job& j) { result = run_patterns(measure, model, options, j); });
  return result;
}

}  // namespace fabricast
