#include "bench/patterns/schedule.hpp"

#include <cmath>
#include <utility>

namespace fabricast {

namespace {

TransferSize all_to_all_size(const Transfer& transfer, const Group& group) {
  const auto ranks = static_cast<std::size_t>(group.ranks);
  const auto rank = static_cast<std::size_t>(group.rank);
  TransferSize size;
  for (std::size_t other = 0; other < ranks; ++other) {
    size.send += transfer.traffic[rank * ranks + other];
    size.receive += transfer.traffic[other * ranks + rank];
  }
  return size;
}

}  // namespace

TransferSize size_of(const Transfer& transfer, const Group& group) {
  const auto ranks = static_cast<std::uint64_t>(group.ranks);
  switch (transfer.kind) {
    case TransferKind::kAllReduce:
      return {transfer.count, transfer.count};
    case TransferKind::kAllGather:
      return {transfer.count, transfer.count * ranks};
    case TransferKind::kReduceScatter:
      return {transfer.count * ranks, transfer.count};
    case TransferKind::kAllToAllV:
      return all_to_all_size(transfer, group);
    case TransferKind::kSend:
      return {transfer.count, 0};
    case TransferKind::kReceive:
      return {0, transfer.count};
  }
  return {};
}

ScheduleBuilder::ScheduleBuilder(std::vector<Group> groups)
    : schedule_{std::move(groups), {}, {}}, collectives_(schedule_.groups.size(), 0) {}

std::size_t ScheduleBuilder::start(TransferKind kind, std::size_t group, std::uint64_t count) {
  return start({.kind = kind, .group = group, .count = count, .id = collectives_[group]++});
}

std::size_t ScheduleBuilder::start_all_to_all(std::size_t group,
                                              std::vector<std::uint64_t> traffic) {
  return start({.kind = TransferKind::kAllToAllV,
                .group = group,
                .id = collectives_[group]++,
                .traffic = std::move(traffic)});
}

std::size_t ScheduleBuilder::start_message(
    TransferKind kind, std::size_t group, std::uint64_t count, int peer, std::uint64_t id) {
  return start({.kind = kind, .group = group, .count = count, .peer = peer, .id = id});
}

std::size_t ScheduleBuilder::start(Transfer transfer) {
  if (schedule_.groups[transfer.group].ranks == 1) {
    return kNothing;
  }
  const std::size_t index = schedule_.transfers.size();
  schedule_.transfers.push_back(std::move(transfer));
  waited_.push_back(false);
  schedule_.steps.push_back({Step::Kind::kStart, index, 0});
  return index;
}

void ScheduleBuilder::wait(std::size_t transfer) {
  if (transfer == kNothing || waited_[transfer]) {
    return;
  }
  waited_[transfer] = true;
  schedule_.steps.push_back({Step::Kind::kWait, transfer, 0});
}

void ScheduleBuilder::compute(double flops) {
  carried_flops_ += flops;
  const double tiles = std::floor(carried_flops_ / kTileFlops);
  if (tiles >= 1) {
    carried_flops_ -= tiles * kTileFlops;
    schedule_.steps.push_back({Step::Kind::kCompute, 0, static_cast<std::uint64_t>(tiles)});
  }
}

TrainingSchedule ScheduleBuilder::finish() {
  for (std::size_t i = 0; i < waited_.size(); ++i) {
    wait(i);
  }
  return std::move(schedule_);
}

}  // namespace fabricast
