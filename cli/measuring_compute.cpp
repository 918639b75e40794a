#include "cli/measuring_compute.hpp"

#include "bench/compute/compute_backend.hpp"
#include "bench/compute/compute_driver.hpp"
#include "bench/launcher.hpp"
#include "bench/patterns/setup.hpp"
#include "bench/record_writer.hpp"
#include "cli/progress.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "model/workload_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

namespace fabricast {

namespace {

constexpr std::uint64_t kTokens = 8192;
constexpr const char* kWorkload = "llama3-8b";

std::unique_ptr<ComputeBackend> make_backend(const std::string& name) {
  if (name == "host") {
    return make_host_compute();
  }
  if (name == "cuda") {
    return make_cuda_compute();
  }
  if (name == "auto") {
    return why_no_cuda_compute().empty() ? make_cuda_compute() : make_host_compute();
  }
  throw unknown_name("backend of --compute", name, {"auto", "host", "cuda"});
}

std::vector<ComputeType> chosen_types(const std::vector<std::string>& names, ComputeType usual) {
  std::vector<ComputeType> types;
  for (const auto& name : names) {
    if (name == "all") {
      for (const auto& row : kComputeTypes) {
        types.push_back(row.id);
      }
    } else if (const auto type = find_compute_type(name)) {
      types.push_back(*type);
    } else {
      throw unknown_name("type of a computation", name, names_of(kComputeTypes));
    }
  }
  return types.empty() ? std::vector{usual} : types;
}

std::vector<Workload> chosen_workloads(const std::string& name) {
  std::vector<Workload> workloads;
  for (const auto& one : name == "all"
                             ? workload_names()
                             : std::vector{name.empty() ? std::string(kWorkload) : name}) {
    workloads.push_back(load_workload(one).workload);
  }
  return workloads;
}

/// A case with what its record says of the model.
struct PlannedCase {
  ComputeCase what;
  ComputeRecord about;
};

class ComputePlan {
 public:
  ComputePlan(const MeasureOptions& measure, const ModelOptions& model, ComputeBackend& backend)
      : backend_(backend),
        tokens_(model.tokens > 0 ? model.tokens : kTokens),
        types_(chosen_types(measure.selection.types, backend.usual_type())) {
    for (const Workload& workload : chosen_workloads(model.workload)) {
      for (const int split :
           model.tensor_parallel.empty() ? std::vector{1} : model.tensor_parallel) {
        add(workload, scale_of(workload, model.scale), static_cast<std::uint64_t>(split));
      }
    }
  }

  std::vector<PlannedCase> cases;
  std::vector<std::string> skipped;

 private:
  [[nodiscard]] double scale_of(const Workload& workload, const std::string& asked) const {
    if (!asked.empty()) {
      return parse_scale(asked);
    }
    return backend_.name() == "host" ? default_scale(workload) : 1;
  }

  void add(const Workload& workload, double scale, std::uint64_t split) {
    const Workload small = shrunk(workload, scale);
    if (const std::string why = why_not_split(small, split); !why.empty()) {
      skip(why);
      return;
    }
    const double tokens = std::round(static_cast<double>(tokens_) * std::sqrt(scale));
    ComputeRecord about;
    about.workload = workload.id;
    about.scale = scale;
    about.tensor_parallel = split;
    about.tokens = tokens_;
    for (const ComputeType type : types_) {
      for (const LayerWork& work :
           layer_work(small, split, static_cast<std::uint64_t>(std::max(1.0, tokens)))) {
        if (runs_in(work.part, type)) {
          add({work, type}, about);
        }
      }
    }
  }

  void add(const ComputeCase& what, const ComputeRecord& about) {
    const std::string why = why_not_computed(what, backend_);
    if (why.empty()) {
      cases.push_back({what, about});
    } else {
      skip(why);
    }
  }

  // A type that the device lacks is one reason, not one per part.
  void skip(const std::string& why) {
    if (std::find(skipped.begin(), skipped.end(), why) == skipped.end()) {
      skipped.push_back(why);
    }
  }

  ComputeBackend& backend_;
  std::uint64_t tokens_;
  std::vector<ComputeType> types_;
};

Origin origin_of(const ComputeBackend& backend) {
  Origin origin = run_origin();
  origin.machine = backend.machine();
  origin.cores = 1;  // processor or GPU
  origin.versions.merge(backend.versions());
  return origin;
}

ComputeRecord completed(ComputeRecord measured, const ComputeRecord& about, const Origin& origin) {
  measured.origin = origin;
  measured.workload = about.workload;
  measured.scale = about.scale;
  measured.tensor_parallel = about.tensor_parallel;
  measured.tokens = about.tokens;
  return measured;
}

ComputeOptions compute_options(const MeasureOptions& measure, std::size_t cases) {
  ComputeOptions options;
  options.rule = measure.rule;
  options.timeout = measure.timeout;
  options.planted_flip = measure.planted_flip;
  if (measure.budget && cases > 0) {
    options.rule.time_cap =
        std::min(options.rule.time_cap, *measure.budget / static_cast<double>(cases));
  }
  return options;
}

}  // namespace

void add_compute_option(CLI::App& app, bool& compute) {
  CLI::Option* option = app.add_flag(
      "--compute",
      compute,
      "What a layer computes instead of collectives: matrix products and memory-bound parts");
  for (const char* other : {"--pattern",
                            "--collective",
                            "--algorithm",
                            "--op",
                            "--min-bytes",
                            "--max-bytes",
                            "--factor",
                            "--bytes",
                            "--count",
                            "--ranks",
                            "--gpus",
                            "--ranks-per-node",
                            "--benchmark-out"}) {
    option->excludes(app.get_option(other));
  }
}

ComputeResult measure_computations(const MeasureOptions& measure, const ModelOptions& model) {
  if (under_launcher()) {
    throw Error("computations run in one process on one device",
                "--compute",
                "start it without mpirun or srun");
  }
  handle_signals(true);
  const std::unique_ptr<ComputeBackend> backend = make_backend(measure.job.backend);
  const ComputePlan plan(measure, model, *backend);
  if (plan.cases.empty()) {
    throw Error("nothing to measure: " + plan.skipped.front(),
                "",
                "other types (--type), fewer GPUs per layer (--tp), fewer --tokens or a smaller "
                "--scale");
  }
  ComputeResult result;
  result.skipped = plan.skipped;
  const ComputeOptions options = compute_options(measure, plan.cases.size());
  const Origin origin = origin_of(*backend);
  std::optional<RecordWriter> writer;
  if (!measure.records_file.empty()) {
    writer.emplace(measure.records_file);
  }
  Progress progress(plan.cases.size(), true);
  for (const auto& [what, about] : plan.cases) {
    const ComputeRecord record = completed(measure_compute(what, *backend, options), about, origin);
    if (writer) {
      writer->append(record);
    }
    progress.step(
        fmt::format("{} {} {}", record.workload, name(what.work.part), name(what.work.pass)));
    result.wrong_elements += record.wrong_elements;
    result.records.push_back(record);
  }
  return result;
}

}  // namespace fabricast
