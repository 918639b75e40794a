#include "bench/backends/nccl_lanes.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <cstdlib>

namespace fabricast {

namespace {

bool is_message(const Transfer& t) {
  return t.kind == TransferKind::kSend || t.kind == TransferKind::kReceive;
}

bool has_messages(const TrainingSchedule& schedule, std::size_t group) {
  return std::any_of(schedule.transfers.begin(), schedule.transfers.end(), [&](const Transfer& t) {
    return t.group == group && is_message(t);
  });
}

void refuse_distant_messages(const TrainingSchedule& schedule) {
  for (const Transfer& t : schedule.transfers) {
    if (is_message(t) && std::abs(t.peer - schedule.groups[t.group].rank) != 1) {
      throw Error("a message between ranks that are not neighbours in their group",
                  "",
                  "report this: pipelines talk to the stages beside them");
    }
  }
}

}  // namespace

NcclLanes::NcclLanes(const TrainingSchedule& schedule, const LocalRank& rank) {
  refuse_distant_messages(schedule);
  for (std::size_t g = 0; g < schedule.groups.size(); ++g) {
    const Group& group = schedule.groups[g];
    GroupLanes lanes{.group = group};
    lanes.collectives = split(rank.communicator.get(), group.color, rank.rank);
    if (group.ranks > 1 && has_messages(schedule, g)) {
      // Pairs whose lower rank is even, then those whose lower rank is odd.
      for (int parity = 0; parity < 2; ++parity) {
        const int lower = group.rank % 2 == parity ? group.rank : group.rank - 1;
        const bool paired = lower >= 0 && lower + 1 < group.ranks;
        for (int direction = 0; direction < 2; ++direction) {
          NcclLane* lane = split(lanes.collectives->communicator.get(),
                                 paired ? lower : NCCL_SPLIT_NOCOLOR,
                                 group.rank);
          if (paired) {
            lanes.messages[group.rank == lower ? 1 : 0][direction] = lane;
          }
        }
      }
    }
    groups_.push_back(lanes);
  }
}

NcclLane* NcclLanes::split(ncclComm_t from, int color, int key) {
  ncclComm_t made = nullptr;
  SETTLE_NCCL(from, nccl().ncclCommSplit(from, color, key, &made, nullptr));
  return made == nullptr ? nullptr : &lanes_.emplace_back(Communicator(made), make_stream());
}

const NcclLane& NcclLanes::of(const Transfer& transfer) const {
  const GroupLanes& lanes = groups_[transfer.group];
  if (!is_message(transfer)) {
    return *lanes.collectives;
  }
  const bool above = transfer.peer > lanes.group.rank;
  const bool upward = above == (transfer.kind == TransferKind::kSend);
  return *lanes.messages[above ? 1 : 0][upward ? 0 : 1];
}

int NcclLanes::peer_of(const Transfer& transfer) const {
  return transfer.peer > groups_[transfer.group].group.rank ? 1 : 0;
}

void NcclLanes::abort() {
  for (NcclLane& lane : lanes_) {
    if (ncclComm_t communicator = lane.communicator.release()) {
      static_cast<void>(nccl().ncclCommAbort(communicator));
    }
  }
}

}  // namespace fabricast
