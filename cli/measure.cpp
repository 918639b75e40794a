// fabricast measure: collectives on this job's ranks, nccl-tests-like options; or training steps;
// or what a layer computes.

#include "bench/backends/gpu.hpp"
#include "cli/cli.hpp"
#include "cli/measuring.hpp"
#include "cli/measuring_compute.hpp"
#include "cli/measuring_matrix.hpp"
#include "cli/measuring_patterns.hpp"
#include "cli/options.hpp"
#include "core/error.hpp"
#include "core/size.hpp"
#include "report/compute_table.hpp"
#include "report/csv.hpp"
#include "report/matrix_table.hpp"
#include "report/measurement_table.hpp"
#include "report/training_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <map>
#include <memory>

namespace fabricast {

namespace {

struct Options {
  MeasureOptions measure;
  ModelOptions model;
  PatternOptions patterns;
  MatrixOptions matrix;
  std::string force;
  bool compute = false;
  std::string format = "table";
  bool quiet = false;
  double time_cap_s = 1.0;
  double timeout_s = 60.0;
  double budget_s = 0;
};

void write_tables(const std::vector<Record>& records) {
  write_measurement_tables(std::cout, records);
}
void write_tables(const std::vector<TrainingRecord>& records) {
  write_training_tables(std::cout, records);
}
void write_tables(const std::vector<ComputeRecord>& records) {
  write_compute_tables(std::cout, records);
}

template <typename AnyRecord>
void print(const std::vector<AnyRecord>& records, const std::string& format) {
  if (format == "json") {
    for (const auto& record : records) {
      write_jsonl(std::cout, record);
    }
  } else if (format == "csv") {
    write_csv(std::cout, records);
  } else {
    write_tables(records);
  }
  std::cout.flush();
}

// One child run per cell: this process measures nothing itself.
void run_matrix(const Options& o) {
  const MatrixResult result = measure_matrix(o.matrix, o.measure);
  for (const auto& line : result.skipped) {
    fmt::print(stderr, "skipped: {}\n", line);
  }
  if (!o.quiet && o.format == "table") {
    write_matrix_tables(std::cout, result.records);
    std::cout.flush();
  } else if (!o.quiet) {
    print(result.records, o.format);
  }
  refuse_unfinished(result);
}

template <typename Result>
void conclude(const Result& result, const Options& o) {
  if (!result.root) {
    return;
  }
  for (const auto& line : result.skipped) {
    fmt::print(stderr, "skipped: {}\n", line);
  }
  if (!o.quiet) {
    print(result.records, o.format);
  }
  if (result.wrong_elements > 0) {
    throw Error(
        fmt::format("{} wrong elements were found", result.wrong_elements),
        "the rows with a number under 'wrong'",
        "do not use these figures; check memory, driver and library of the slowest or failing rank",
        ExitCode::kVerdictFailed);
  }
}

void run(Options& o) {
  o.measure.rule.time_cap = Seconds(o.time_cap_s);
  o.measure.timeout = Seconds(o.timeout_s);
  o.measure.job.gpu.timeout = o.measure.timeout;
  refuse_contradictions(o.measure.job.gpu);
  if (o.budget_s > 0) {
    o.measure.budget = Seconds(o.budget_s);
  }
  if (o.matrix.asked() && o.force.empty()) {
    run_matrix(o);
    return;
  }
  if (!o.force.empty()) {
    o.quiet = o.quiet || o.matrix.asked();  // a cell of a matrix: the matrix is shown as a whole
    force_cell(o.force, o.measure);
  }
  if (!o.patterns.patterns.empty()) {
    conclude(measure_patterns(o.measure, o.model, o.patterns), o);
    return;
  }
  if (o.compute) {
    conclude(measure_computations(o.measure, o.model), o);
    return;
  }
  if (o.measure.selection.sweep.max == 0) {
    // Large enough for the plateau: device links need more than host memory does.
    const bool gpu = o.measure.job.backend == "nccl" || o.measure.job.backend == "onchip" ||
                     (o.measure.job.backend == "auto" && inspect_gpus().usable());
    o.measure.selection.sweep.max = gpu ? 1ULL << 30 : 16ULL << 20;
  }
  conclude(measure(o.measure), o);
}

// The names of a table's rows, for an option that takes one of them.
template <typename Table>
auto choices(const Table& table) {
  std::map<std::string, decltype(table.front().id)> names;
  for (const auto& row : table) {
    names.emplace(row.name, row.id);
  }
  return CLI::CheckedTransformer(names);
}

void add_gpu_options(CLI::App& c, GpuOptions& gpu) {
  c.add_option("--ranks-per-gpu",
               gpu.ranks_per_gpu,
               "Virtual ranks of NCCL that share each GPU: for trying out, not for bandwidth")
      ->check(CLI::Range(1, 16));
  c.add_option("--min-ctas",
               gpu.min_ctas,
               "Fewest thread blocks per collective of NCCL (default: its choice)")
      ->check(CLI::Range(1, 64));
  c.add_option("--max-ctas",
               gpu.max_ctas,
               "Most thread blocks per collective of NCCL (default: its choice)")
      ->check(CLI::Range(1, 64));
  c.add_option(
       "--cta-policy", gpu.cta_policy, "default, efficiency, or zero: copy engines where NCCL can")
      ->transform(choices(kCtaPolicies));
  c.add_option("--buffers",
               gpu.buffers,
               "plain, nccl (ncclMemAlloc), registered, window or symmetric (default: plain)")
      ->transform(choices(kBufferKinds));
  c.add_flag("--graph", gpu.graph, "Launch each collective as a CUDA graph");
  c.add_flag("--non-blocking", gpu.non_blocking, "Non-blocking communicators");
  c.add_option("--split",
               gpu.split,
               "Split the ranks into communicators that run at once: /8 for runs of 8, %8 for "
               "every eighth rank");
  c.add_option("--issue",
               gpu.one_thread,
               "threads (one for each GPU of a process) or group (one for all) (default: threads)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{
          {"threads", false},
          {"group",   true }
  }));
}

}  // namespace

void register_measure(CLI::App& app) {
  auto options = std::make_shared<Options>();
  Options& o = *options;
  CLI::App& c = *app.add_subcommand(
      "measure",
      "Measure collectives or training steps: under mpirun or srun, or one process with many GPUs");
  Selection& s = o.measure.selection;
  add_list(c, "--collective", s.collectives, "Collectives, or all (default: all that are offered)");
  add_list(c,
           "-a,--algorithm",
           s.algorithms,
           "library, ring, tree ..., or all (default: library; all of onchip)");
  add_list(c,
           "-d,--type",
           s.types,
           "float32, bfloat16, float8_e4m3, int8 ..., or all (default: float32)");
  add_list(c, "--op", s.ops, "sum, prod, min, max, avg, mulsum, or all (default: sum)");
  c.add_option("--in-place", s.in_place, "no, yes or both: the result overwrites the input")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Selection::InPlace>{
          {"no",   Selection::InPlace::kNo  },
          {"yes",  Selection::InPlace::kYes },
          {"both", Selection::InPlace::kBoth}
  }));
  add_size(c, "-b,--min-bytes", s.sweep.min, "Smallest message (default: 8)");
  add_size(
      c, "-e,--max-bytes", s.sweep.max, "Largest message (default: 16M on the host, 1G on GPUs)");
  c.add_option("-f,--factor", s.sweep.factor, "Factor between sizes")->capture_default_str();
  add_sizes(c, "--bytes", s.bytes, "Exact message sizes instead of a sweep");
  add_sizes(
      c, "--count", s.counts, "Elements, as the collective's count argument, instead of sizes");
  c.add_option("--backend",
               o.measure.job.backend,
               "auto, mpi (host buffers), nccl (GPUs) or onchip (virtual ranks on one GPU); "
               "--compute: auto, host or cuda")
      ->capture_default_str();
  c.add_option(
       "--ranks", o.measure.job.virtual_ranks, "Virtual ranks of the onchip backend (default: 8)")
      ->check(CLI::Range(1, 8));
  c.add_option(
       "-g,--gpus", o.measure.job.gpu.gpus_per_process, "GPUs per process (default: divide evenly)")
      ->check(CLI::Range(0, 1024));
  c.add_option("--ranks-per-node",
               o.measure.job.ranks_per_node,
               "Pretend nodes of this many ranks, for hierarchical (default: the real hosts)")
      ->check(CLI::Range(1, 1 << 20));
  add_gpu_options(c, o.measure.job.gpu);
  c.add_option("-w,--warmup", o.measure.rule.warmup, "Untimed iterations per case")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000000));
  c.add_option("-n,--max-samples", o.measure.rule.max_samples, "Most iterations per case")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  c.add_option("--min-samples", o.measure.rule.min_samples, "Fewest iterations per case")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  c.add_option("--precision",
               o.measure.rule.precision,
               "Stop when the median's 95 % interval is within +- this fraction")
      ->capture_default_str()
      ->check(CLI::Range(1e-6, 1.0));
  c.add_option("--time-cap", o.time_cap_s, "Most seconds per case")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  c.add_option("--budget", o.budget_s, "Most seconds for all cases together")
      ->check(CLI::PositiveNumber);
  c.add_option("--timeout",
               o.timeout_s,
               "Seconds after which a collective, or NCCL's start, counts as hung")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  c.add_option("-o,--out", o.measure.records_file, "Append records to this .jsonl file");
  c.add_option("--benchmark-out", o.measure.benchmark_json, "Google Benchmark's own JSON as well");
  c.add_option(
      "--plant-bit-flip",
      o.measure.planted_flip,
      "Flip one received bit per case, chosen by this number: the run must end with exit code 1");
  c.add_flag("--quiet", o.quiet, "No table on stdout");
  c.add_option("--force",
               o.force,
               "NCCL may use this algorithm and protocol alone: ring/ll, tree/simple ...; library: "
               "its choice");
  add_matrix_options(c, o.matrix);
  add_format(c, o.format);
  add_pattern_options(c, o.patterns);
  add_compute_option(c, o.compute);
  add_model_options(c, o.model);
  c.callback([options] { run(*options); });
}

}  // namespace fabricast
