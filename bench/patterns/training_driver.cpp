#include "bench/patterns/training_driver.hpp"

#include "bench/machine.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fabricast {

namespace {

struct Amount {
  std::uint64_t transfers = 0;
  std::uint64_t elements_sent = 0;
  std::uint64_t elements_held = 0;  // in buffers
  double flops = 0;
};

Amount amount_of(const TrainingSchedule& schedule) {
  Amount amount;
  for (const Transfer& transfer : schedule.transfers) {
    const TransferSize size = size_of(transfer, schedule.groups[transfer.group]);
    ++amount.transfers;
    amount.elements_sent += size.send;
    amount.elements_held += size.send + size.receive;
  }
  for (const Step& step : schedule.steps) {
    amount.flops += static_cast<double>(step.tiles) * kTileFlops;
  }
  return amount;
}

// All processes refuse together, before any of them allocates.
void refuse_too_large(const TrainingPattern& pattern,
                      double host_bytes,
                      const Backend& backend,
                      Control& control) {
  const auto available = static_cast<double>(backend.available_memory());
  if (control.max(host_bytes / available) > 0.9) {
    throw Error(fmt::format("{}: buffers of {:.1f} GB do not fit into {:.1f} GB of memory",
                            pattern.name,
                            host_bytes * 1e-9,
                            available * 1e-9),
                "",
                "a smaller --scale, or fewer ranks per host");
  }
}

std::vector<std::string> warnings_of(const TrainingPattern& pattern, const Backend& backend) {
  if (backend.ranks() == 1) {
    return {"one rank: nothing is sent; the total is the computation"};
  }
  std::vector<std::string> warnings = backend.warnings();
  if (!pattern.remark.empty()) {
    warnings.emplace_back(pattern.remark);
  }
  return warnings;
}

/// The timed iterations of one member of Busy: the largest of all ranks, in us.
std::vector<double> slowest_us(const ScheduleOperation& operation,
                               std::size_t timed,
                               Seconds ScheduleOperation::Busy::*member,
                               Control& control) {
  const auto& all = operation.busy();
  std::vector<double> times;
  for (std::size_t i = all.size() - timed; i < all.size(); ++i) {
    times.push_back(in_us(all[i].*member));
  }
  control.max_each(times);
  return times;
}

class Measurement {
 public:
  Measurement(const TrainingPattern& pattern,
              const TrainingSetup& setup,
              Backend& backend,
              Control& control,
              const TrainingOptions& options)
      : pattern_(pattern),
        setup_(setup),
        backend_(backend),
        control_(control),
        options_(options),
        watchdog_(
            options.timeout,
            fmt::format(
                "process {} of {} on {}", control.process(), control.processes(), host_name())) {}

  /// Samples one part into `times`; with both, what was busy beside what as well.
  void sample_part(SchedulePart part, std::vector<double>& times, TrainingRecord& record) {
    const bool both = part == SchedulePart::kBoth;
    const auto operation = backend_.prepare_schedule(
        [this](int rank) { return pattern_.make(setup_, rank); }, setup_.type, part);
    watchdog_.describe(std::string(pattern_.name));
    Samples samples =
        sample(*operation, control_, options_.rule, watchdog_, both ? options_.flip : std::nullopt);
    times = std::move(samples.slowest_us);
    record.wrong_elements += samples.wrong_elements;
    if (both) {
      using Busy = ScheduleOperation::Busy;
      record.stopped_by = samples.stopped_by;
      record.compute_beside_us = slowest_us(*operation, times.size(), &Busy::compute, control_);
      record.communication_beside_us =
          slowest_us(*operation, times.size(), &Busy::communication, control_);
    }
  }

 private:
  const TrainingPattern& pattern_;
  const TrainingSetup& setup_;
  Backend& backend_;
  Control& control_;
  const TrainingOptions& options_;
  Watchdog watchdog_;
};

TrainingRecord described(const TrainingPattern& pattern,
                         const TrainingSetup& setup,
                         Backend& backend,
                         Control& control) {
  // Stages of a pipeline and owners of popular experts have more to do than others.
  std::array<double, 4> largest{};
  for (int local = 0; local < backend.local_ranks(); ++local) {
    const int rank = control.process() * backend.local_ranks() + local;
    const Amount amount = amount_of(pattern.make(setup, rank));
    largest[0] = std::max(largest[0], static_cast<double>(amount.transfers));
    largest[1] = std::max(largest[1], static_cast<double>(amount.elements_sent));
    largest[2] = std::max(largest[2], amount.flops);
    largest[3] += static_cast<double>(amount.elements_held);  // of the process
  }
  control.max_each(largest);
  const double width = info(setup.type).bytes;
  refuse_too_large(pattern, largest[3] * width * control.local_processes(), backend, control);
  TrainingRecord r;
  r.pattern = pattern.name;
  r.workload = setup.workload.id;
  r.scale = setup.scale;
  r.settings = pattern.settings(setup);
  r.backend = backend.name();
  r.type = setup.type;
  r.tokens = setup.tokens;
  r.parameters = scaled(setup).parameters();
  r.transfers = static_cast<std::uint64_t>(largest[0]);
  r.bytes = static_cast<std::uint64_t>(largest[1] * width);
  r.flops = largest[2];
  r.ranks = backend.ranks();
  r.ranks_per_node = backend.ranks_per_node();
  r.oversubscribed = backend.oversubscribed();
  r.warnings = warnings_of(pattern, backend);
  return r;
}

}  // namespace

TrainingRecord measure_training(const TrainingPattern& pattern,
                                const TrainingSetup& setup,
                                Backend& backend,
                                Control& control,
                                const TrainingOptions& options) {
  if (const std::string why = backend.why_no_schedules(); !why.empty()) {
    throw Error(fmt::format("the {} backend runs no training patterns", backend.name()), "", why);
  }
  pattern.settings(setup);  // throws where the setup does not fit
  TrainingRecord record = described(pattern, setup, backend, control);
  record.origin = options.origin;
  Measurement measurement(pattern, setup, backend, control, options);
  measurement.sample_part(SchedulePart::kCommunication, record.communication_us, record);
  measurement.sample_part(SchedulePart::kCompute, record.compute_us, record);
  measurement.sample_part(SchedulePart::kBoth, record.total_us, record);
  return record;
}

}  // namespace fabricast
