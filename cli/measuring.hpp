// A measurement from options to records: shared by `measure` and `run`.
#pragma once

#include "bench/plan.hpp"
#include "bench/sampler.hpp"
#include "cli/job.hpp"
#include "core/record.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

struct MeasureOptions {
  JobOptions job;
  Selection selection;
  StoppingRule rule;
  std::optional<Seconds> budget;  // for all cases together; shortens rule.time_cap
  Seconds timeout{60.0};
  std::string records_file;    // JSONL, appended to; "" for none
  std::string benchmark_json;  // Google Benchmark's own format; "" for none
  std::optional<std::uint64_t> planted_flip;
};

struct MeasureResult {
  bool root = true;  // only process 0 has the records
  std::vector<Record> records;
  std::vector<std::string> skipped;
  std::uint64_t wrong_elements = 0;
};

/// Runs the job to its end, records on disk after each case, progress on stderr. Collective. A
/// failure on one process ends the whole job with the error's exit code; a failure of a
/// single-process job is thrown as Error.
MeasureResult measure(const MeasureOptions& options);

/// Runs `body` on the processes of a job, interrupts handled. A failure on one process ends the
/// whole job with the error's exit code; that of a single-process job is thrown as Error.
void on_job(const JobOptions& options, const std::function<void(Job&)>& body);

/// An interrupt ends this process with the exit code of a run that was cut short; `root` says so.
void handle_signals(bool root);

/// run_origin with the machine and the versions of the backend.
Origin job_origin(const Backend& backend);

/// Which process flips which bit for this number; nothing without one.
std::optional<PlantedFlip> planted_flip(const std::optional<std::uint64_t>& number,
                                        const Control& control);

/// The command line of this process, for records.
void remember_command_line(int argc, char** argv);
/// Its words, the program's name first.
const std::vector<std::string>& command_words();
/// Time, version, command line, host: what a record says of its run.
Origin run_origin();

}  // namespace fabricast
