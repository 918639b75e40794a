#include "cli/measuring.hpp"

#include "bench/driver.hpp"
#include "bench/environment.hpp"
#include "bench/machine.hpp"
#include "bench/record_writer.hpp"
#include "cli/progress.hpp"
#include "core/error.hpp"
#include "core/size.hpp"
#include "core/version.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>
#include <unistd.h>

namespace fabricast {

namespace {

std::string g_command_line;
std::vector<std::string> g_command_words;
constexpr const char* kInterrupted =
    "\nfabricast: interrupted; every finished row is in the records file\n";

// Rows are on disk as they finish: all that is left to do is to say so, and to end.
void end_on_signal(int /*signal*/) {
  const ssize_t ignored =
      write(STDERR_FILENO, kInterrupted, std::char_traits<char>::length(kInterrupted));
  (void)ignored;
  _exit(static_cast<int>(ExitCode::kCutShort));
}

void end_quietly(int /*signal*/) { _exit(static_cast<int>(ExitCode::kCutShort)); }

StoppingRule within_budget(const MeasureOptions& options, std::size_t cases) {
  StoppingRule rule = options.rule;
  if (options.budget && cases > 0) {
    rule.time_cap = std::min(rule.time_cap, *options.budget / static_cast<double>(cases));
  }
  return rule;
}

MeasureResult run_job(const MeasureOptions& options, Job& job) {
  Control& control = *job.control;
  const Plan plan = plan_cases(options.selection, *job.backend);
  if (plan.cases.empty()) {
    throw Error(
        "nothing to measure: " + (plan.skipped.empty() ? "no sizes" : plan.skipped.front()),
        "",
        "other collectives, algorithms or sizes; `fabricast doctor` shows what this machine can");
  }
  DriverOptions driver;
  driver.rule = within_budget(options, plan.cases.size());
  driver.timeout = options.timeout;
  driver.benchmark_json = options.benchmark_json;
  driver.flip = planted_flip(options.planted_flip, control);
  driver.origin = job_origin(*job.backend);

  MeasureResult result;
  result.root = control.is_root();
  result.skipped = plan.skipped;
  std::optional<RecordWriter> writer;
  if (result.root && !options.records_file.empty()) {
    writer.emplace(options.records_file);
  }
  Progress progress(plan.cases.size(), result.root);
  drive(plan.cases, *job.backend, control, driver, [&](const Record& record) {
    if (writer) {
      writer->append(record);
    }
    progress.step(fmt::format("{} {} {} {}",
                              name(record.collective),
                              record.algorithm,
                              name(record.type),
                              format_size(record.bytes)));
    result.wrong_elements += record.wrong_elements;
    result.records.push_back(record);
  });
  return result;
}

}  // namespace

void handle_signals(bool root) {
  std::signal(SIGINT, root ? end_on_signal : end_quietly);
  std::signal(SIGTERM, root ? end_on_signal : end_quietly);
}

const std::vector<std::string>& command_words() { return g_command_words; }

void remember_command_line(int argc, char** argv) {
  g_command_words.assign(argv, argv + argc);
  for (int i = 0; i < argc; ++i) {
    g_command_line += (i > 0 ? " " : "") + std::string(argv[i]);
  }
}

Origin run_origin() {
  Origin origin;
  origin.time_utc = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  origin.command_line = g_command_line;
  origin.fabricast = std::string(kVersion) + " " + std::string(kCommit);
  origin.host = host_name();
  return origin;
}

Origin job_origin(const Backend& backend) {
  Origin origin = run_origin();
  origin.machine = backend.machine();
  origin.cores = backend.processors();
  origin.versions.merge(backend.versions());
  origin.environment = recorded_environment(backend.name());
  return origin;
}

std::optional<PlantedFlip> planted_flip(const std::optional<std::uint64_t>& number,
                                        const Control& control) {
  if (!number) {
    return std::nullopt;
  }
  const auto processes = static_cast<std::uint64_t>(control.processes());
  return PlantedFlip{static_cast<int>(*number % processes), *number / processes};
}

void on_job(const JobOptions& options, const std::function<void(Job&)>& body) {
  Job job = make_job(options);
  try {
    handle_signals(job.control->is_root());
    body(job);
  } catch (const Error& error) {
    if (job.control->processes() == 1) {
      throw;
    }
    // The others may wait for this process in a collective: end the job. Where all failed alike,
    // process 0 speaks for them.
    if (!job.control->is_root()) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    fmt::print(stderr, "fabricast: {}\n", error.what());
    job.control->abort(static_cast<int>(error.exit_code()));
  }
}

MeasureResult measure(const MeasureOptions& options) {
  MeasureResult result;
  on_job(options.job, [&](Job& job) { result = run_job(options, job); });
  return result;
}

}  // namespace fabricast
