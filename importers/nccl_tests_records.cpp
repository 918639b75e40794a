#include "importers/nccl_tests_records.hpp"

#include "core/datatype.hpp"
#include "core/version.hpp"
#include "importers/counted_ranks.hpp"
#include "importers/told_collective.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

namespace {

constexpr double kLongestMicroseconds = 1e15;  // core/record.cpp refuses longer times
// A few broken rows are left out; above this share the collective or the ranks are wrong.
constexpr double kMostContradictions = 0.2;

Origin origin_of(const NcclTestsRun& run) {
  Origin origin;
  origin.time_utc = run.time;
  origin.command_line = run.parameters;
  origin.fabricast = fmt::format("{} {}", kVersion, kCommit);
  origin.versions["nccl-tests"] = run.tests_version.empty() ? "unknown" : run.tests_version;
  if (!run.nccl_version.empty()) {
    origin.versions["nccl"] = run.nccl_version;
  }
  if (!run.devices.empty()) {
    origin.host = run.devices.front().host;
    origin.machine = run.devices.front().gpu;
  }
  return origin;
}

std::vector<std::string> warnings_of(const PrintedRow& row, const PrintedResult& result) {
  std::vector<std::string> warnings;
  if (!row.redop.empty() && row.redop != "none" && !find_reduce_op(row.redop)) {
    warnings.push_back("operation: " + row.redop);
  }
  if (!row.root.empty() && row.root != "0" && row.root != "-1") {
    warnings.push_back("root: " + row.root);
  }
  if (!result.wrong) {
    warnings.emplace_back("the result was not checked");
  }
  return warnings;
}

// Under -C the time column is the CPU's; the rates come from the wall clock all the same.
PrintedNumber wall_time(const NcclTestsRun& run, std::uint64_t bytes, const PrintedResult& result) {
  if (!run.cpu_time) {
    return result.time_us;
  }
  const PrintedNumber& rate = result.algbw_GBps;
  const double time = static_cast<double>(bytes) * 1e-3 / rate.value;
  return {time, time * rate.rounding / std::max(rate.low(), rate.rounding)};
}

// Makes the records of one table.
class TableMaker {
 public:
  TableMaker(const NcclTestsRun& run, const std::string& file, const ImportOptions& options)
      : run_(run),
        ranks_(count_ranks(run, file, options)),
        origin_(origin_of(run)),
        named_(options.collective) {
    table_.where = fmt::format("{}:{}", file, run.line);
    table_.ranks = ranks_.ranks;
    table_.ranks_per_node = ranks_.ranks_per_node;
    table_.nodes = ranks_.nodes;
    table_.rows = static_cast<int>(run.rows.size() + run.skipped.size());
    table_.skipped = run.skipped;
    table_.foreign = run.foreign;
  }

  ImportedTable make() {
    tell_failures();
    if (!run_.complete) {
      table_.remarks.emplace_back(run_.rows.empty() ? "the run ended before its first row"
                                                    : "the run was cut short: no closing lines");
    }
    if (!run_.rows.empty() || !run_.program.empty()) {
      tell();
      for (const PrintedRow& row : run_.rows) {
        add(row);
      }
      tell_contradiction();
    }
    std::sort(table_.skipped.begin(), table_.skipped.end(), [](const Remark& a, const Remark& b) {
      return a.line < b.line;
    });
    return std::move(table_);
  }

 private:
  // Every rank of a failed run may say so.
  void tell_failures() {
    constexpr std::size_t kShown = 3;
    const auto& failures = run_.failures;
    for (std::size_t i = 0; i < std::min(kShown, failures.size()); ++i) {
      table_.remarks.push_back(fmt::format("line {}: {}", failures[i].line, failures[i].text));
    }
    if (failures.size() > kShown) {
      table_.remarks.push_back(fmt::format("and {} failures more", failures.size() - kShown));
    }
  }

  void tell() {
    if (ranks_.ranks == 0) {
      refusal_ = ranks_.problem + ": say --nodes and --ranks-per-node";
      return;
    }
    const ToldCollective told = tell_collective(run_, ranks_.ranks, named_);
    table_.collective = told.collective;
    table_.told_how = told.how;
    table_.remarks.insert(table_.remarks.end(), told.remarks.begin(), told.remarks.end());
    if (!told.collective) {
      refusal_ = told.problem + ": say --collective";
    }
  }

  void skip(const PrintedRow& row, const std::string& reason) {
    table_.skipped.push_back({row.line, reason});
  }

  void add(const PrintedRow& row) {
    if (!refusal_.empty()) {
      skip(row, refusal_);
    } else if (row.bytes == 0) {
      skip(row, "0 bytes: an empty launch");
    } else if (!find_data_type(row.type)) {
      skip(row, "the type " + row.type + " is not known");
    } else {
      add(row, row.out_of_place, false);
      add(row, row.in_place, true);
    }
  }

  void add(const PrintedRow& row, const std::optional<PrintedResult>& printed, bool in_place) {
    if (!printed) {
      return;
    }
    PrintedResult result = *printed;
    result.time_us = wall_time(run_, row.bytes, result);
    const std::string where = in_place ? "in place: " : "out of place: ";
    if (!(result.time_us.value > 0 && result.time_us.value < kLongestMicroseconds)) {
      skip(row, where + "no time");
    } else if (run_.cpu_time && result.algbw_GBps.value < 100 * result.algbw_GBps.rounding) {
      skip(row, where + "a CPU time, and algbw has too few digits for the wall clock's");
    } else if (!agrees(*table_.collective, ranks_.ranks, row.bytes, result)) {
      skip(row, where + "time, algbw and busbw contradict each other");
      ++contradictions_;
    } else {
      table_.records.push_back(record_of(row, result, in_place));
    }
  }

  [[nodiscard]] Record record_of(const PrintedRow& row,
                                 const PrintedResult& result,
                                 bool in_place) const {
    Record r;
    r.origin = origin_;
    r.collective = *table_.collective;
    r.backend = "nccl";
    r.algorithm = "library";
    r.type = *find_data_type(row.type);
    r.op = find_reduce_op(row.redop).value_or(ReduceOp::kSum);
    r.count = row.count;
    r.bytes = row.bytes;
    r.ranks = ranks_.ranks;
    r.ranks_per_node = ranks_.ranks_per_node;
    r.oversubscribed = ranks_.shared_gpus;
    r.in_place = in_place;
    const bool listed = !result.samples_us.empty();
    r.samples_us = listed ? result.samples_us : std::vector{result.time_us.value};
    r.calls_per_sample = listed ? 1 : run_.calls;
    r.stopped_by = StopReason::kFixedCount;
    r.wrong_elements = result.wrong.value_or(0);
    r.warnings = warnings_of(row, result);
    r.warnings.insert(r.warnings.end(), ranks_.warnings.begin(), ranks_.warnings.end());
    return r;
  }

  void tell_contradiction() {
    if (contradictions_ == 0) {
      return;
    }
    NcclTestsRun unnamed = run_;
    unnamed.program.clear();
    unnamed.mentions.clear();
    const ToldCollective other = tell_collective(unnamed, ranks_.ranks, std::nullopt);
    std::string text = fmt::format("{} results contradict {} on {} ranks",
                                   contradictions_,
                                   name(*table_.collective),
                                   ranks_.ranks);
    if (other.collective && other.collective != table_.collective) {
      text += fmt::format("; the rows are those of {}", name(*other.collective));
    } else if (!other.collective) {
      text += "; " + other.problem;
    }
    table_.remarks.push_back(std::move(text));
    if (contradictions_ >
        kMostContradictions * (contradictions_ + static_cast<double>(table_.records.size()))) {
      withdraw();
    }
  }

  // Small sizes contradict nothing, because their rates have too few digits: they would pass under
  // a wrong name or number of ranks.
  void withdraw() {
    table_.records.clear();
    table_.skipped = run_.skipped;
    for (const PrintedRow& row : run_.rows) {
      skip(row,
           fmt::format(
               "too many rows contradict {} on {} ranks", name(*table_.collective), ranks_.ranks));
    }
  }

  const NcclTestsRun& run_;
  CountedRanks ranks_;
  Origin origin_;
  std::optional<Collective> named_;
  ImportedTable table_;
  std::string refusal_;  // why no row can be a record
  int contradictions_ = 0;
};

}  // namespace

ImportedTable nccl_tests_records(const NcclTestsRun& run,
                                 const std::string& file,
                                 const ImportOptions& options) {
  return TableMaker(run, file, options).make();
}

}  // namespace fabricast
