#include "bench/driver.hpp"

#include "bench/machine.hpp"
#include "core/error.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <exception>
#include <memory>

namespace fabricast {

namespace {

// Our tables are the display; Google Benchmark's own would print a mean.
class NoDisplay final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& /*runs*/) override {}
};

std::uint64_t message_bytes(const Backend& backend, const Case& c) {
  const auto blocks =
      static_cast<std::uint64_t>(info(c.collective).blocks_per_rank ? backend.ranks() : 1);
  return c.count * blocks * static_cast<std::uint64_t>(info(c.type).bytes);
}

std::vector<double> rank_medians(const Samples& samples, Control& control) {
  std::vector<double> local;
  for (const auto& times : samples.local_us) {
    local.push_back(summarize(times).median);
  }
  return control.gather(local);
}

Record make_record(const Case& c,
                   const Backend& backend,
                   const Origin& origin,
                   Samples samples,
                   std::vector<double> medians,
                   const GpuState& gpus) {
  Record r;
  r.gpu_state = gpus;
  r.origin = origin;
  r.collective = c.collective;
  r.backend = backend.name();
  r.algorithm = c.algorithm;
  r.type = c.type;
  r.op = c.op;
  r.count = c.count;
  r.bytes = message_bytes(backend, c);
  r.ranks = backend.ranks();
  r.ranks_per_node = backend.ranks_per_node();
  r.oversubscribed = backend.oversubscribed();
  r.samples_us = std::move(samples.slowest_us);
  r.stopped_by = samples.stopped_by;
  r.in_place = c.in_place;
  r.settings = backend.settings();
  r.setup_us = backend.setup_us();
  r.setup_us["first_call"] = samples.first_call_us;
  r.device_samples_us = std::move(samples.slowest_device_us);
  r.rank_median_us = std::move(medians);
  r.wrong_elements = samples.wrong_elements;
  r.warnings = backend.warnings();
  return r;
}

// A cell that the settings asked for and that ran is named: it was not the library's choice.
void record_choice(Record& r, std::optional<Chosen> chosen) {
  if (chosen && forced_cell(r.origin.environment) == chosen->cell) {
    r.algorithm = chosen->cell.algorithm;
  }
  r.chosen = std::move(chosen);
}

// All processes refuse together, before any of them allocates.
void refuse_too_large(const Case& c, const Backend& backend, Control& control) {
  const double asked = static_cast<double>(backend.buffer_bytes(c)) * backend.local_ranks() *
                       control.local_processes();
  const auto available = static_cast<double>(backend.available_memory());
  if (control.max(asked / available) > 0.9) {
    throw Error(fmt::format("{}: buffers of {:.1f} GB do not fit into {:.1f} GB of memory",
                            benchmark_name(backend, c),
                            asked * 1e-9,
                            available * 1e-9),
                "",
                "a smaller largest size (-e), or fewer ranks per host");
  }
}

// One case inside Google Benchmark's loop. The samples are taken first, because our stopping rule
// and not its time target says how many there are; then each is handed over as an iteration.
void run_case(benchmark::State& state, const std::vector<double>& samples_us) {
  const auto n = static_cast<benchmark::IterationCount>(samples_us.size());
  while (state.KeepRunningBatch(n)) {
    for (const double us : samples_us) {
      state.SetIterationTime(us * 1e-6);
    }
  }
}

void add_counters(benchmark::State& state, const Record& r) {
  const Summary s = r.summary();
  state.counters["ranks"] = r.ranks;
  state.counters["bytes"] = static_cast<double>(r.bytes);
  state.counters["median_us"] = s.median;
  state.counters["median_low_us"] = s.low;
  state.counters["median_high_us"] = s.high;
  state.counters["wrong"] = static_cast<double>(r.wrong_elements);
}

// Google Benchmark reads its flags from the environment too. What would take the ranks apart, or
// change what is measured, is set here for good; only process 0 may open the output file.
std::vector<std::string> benchmark_arguments(const DriverOptions& options, bool root) {
  std::vector<std::string> words{"fabricast",
                                 "--benchmark_enable_random_interleaving=false",
                                 "--benchmark_repetitions=1",
                                 "--benchmark_min_time=0.000000001",
                                 "--benchmark_min_warmup_time=0",
                                 "--benchmark_filter=.",
                                 "--benchmark_out="};
  if (root && !options.benchmark_json.empty()) {
    words.back() += options.benchmark_json;
    words.emplace_back("--benchmark_out_format=json");
  }
  return words;
}

void initialize_benchmark(std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
}

}  // namespace

std::string benchmark_name(const Backend& backend, const Case& c) {
  return fmt::format("{}/{}/{}/{}{}{}/{}",
                     name(c.collective),
                     backend.name(),
                     c.algorithm,
                     name(c.type),
                     c.op == ReduceOp::kSum ? "" : fmt::format("/{}", name(c.op)),
                     c.in_place ? "/in_place" : "",
                     message_bytes(backend, c));
}

void drive(const std::vector<Case>& cases,
           Backend& backend,
           Control& control,
           const DriverOptions& options,
           const std::function<void(const Record&)>& on_record) {
  initialize_benchmark(benchmark_arguments(options, control.is_root()));
  benchmark::ClearRegisteredBenchmarks();
  Watchdog watchdog(
      options.timeout,
      fmt::format("process {} of {} on {}", control.process(), control.processes(), host_name()));
  std::exception_ptr failure;
  for (const Case& c : cases) {
    const std::string name = benchmark_name(backend, c);
    benchmark::RegisterBenchmark(
        name.c_str(),
        [&, c, name](benchmark::State& state) {
          if (failure) {
            state.SkipWithError("the run has ended");
            return;
          }
          try {
            watchdog.describe(name);
            refuse_too_large(c, backend, control);
            const auto operation = backend.prepare(c);
            Samples samples = sample(*operation, control, options.rule, watchdog, options.flip);
            const GpuState gpus = backend.gpu_state();
            run_case(state, samples.slowest_us);
            std::vector<double> medians = rank_medians(samples, control);
            Record record = make_record(
                c, backend, options.origin, std::move(samples), std::move(medians), gpus);
            record_choice(record, operation->chosen());
            add_counters(state, record);
            if (control.is_root()) {
              on_record(record);
            }
          } catch (...) {
            failure = std::current_exception();
            state.SkipWithError("failed");
          }
        })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
  NoDisplay display;
  benchmark::RunSpecifiedBenchmarks(&display);
  benchmark::ClearRegisteredBenchmarks();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace fabricast
