// The communicators and streams of one rank in a training step.
#pragma once

#include "bench/backends/nccl_ranks.hpp"
#include "bench/patterns/schedule.hpp"

#include <cstddef>
#include <list>
#include <vector>

namespace fabricast {

/// What runs on one lane runs in order; lanes run side by side.
struct NcclLane {
  Communicator communicator;
  Stream stream;
};

/// A lane for the collectives of each group, and for messages between neighbours of a group one
/// more for each neighbour and direction: a receive that waits for its message must not hold up a
/// send, and the calls of one communicator run in order whatever their streams.
class NcclLanes {
 public:
  NcclLanes() = default;
  /// Collective over the job: every rank has as many groups, in the same order. With the rank's GPU
  /// current. Throws Error for messages between ranks that are not neighbours.
  NcclLanes(const TrainingSchedule& schedule, const LocalRank& rank);

  /// Where a transfer runs, and the peer of a message in that communicator.
  [[nodiscard]] const NcclLane& of(const Transfer& transfer) const;
  [[nodiscard]] int peer_of(const Transfer& transfer) const;
  [[nodiscard]] const std::list<NcclLane>& all() const { return lanes_; }
  /// After an error: nothing else frees a rank that waits in one of them.
  void abort();

 private:
  struct GroupLanes {
    Group group;
    NcclLane* collectives = nullptr;
    // [0] to and from the rank below, [1] above; in each, [0] upward, [1] downward.
    NcclLane* messages[2][2] = {};
  };

  NcclLane* split(ncclComm_t from, int color, int key);

  std::list<NcclLane> lanes_;  // never moved: the groups refer to them
  std::vector<GroupLanes> groups_;
};

}  // namespace fabricast
