// What one rank does in one training step: matrix products, transfers that start, transfers that
// are waited for. Plain data: a pattern makes it, a backend runs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace fabricast {

/// A communicator, as this rank sees it. Ranks of one name and colour form one; their order is that
/// of their ranks in the job.
struct Group {
  std::string name;
  int color = 0;
  int rank = 0;
  int ranks = 1;
};

enum class TransferKind { kAllReduce, kAllGather, kReduceScatter, kAllToAllV, kSend, kReceive };

struct Transfer {
  TransferKind kind = TransferKind::kAllReduce;
  std::size_t group = 0;    // index into TrainingSchedule::groups
  std::uint64_t count = 0;  // elements, as the collective's count argument; of a message
  int peer = 0;             // of a message: its other end, a rank of the group
  /// The same on all members of the group, and of each message on both ends: tells payloads apart.
  std::uint64_t id = 0;
  /// Of an all-to-all-v: elements from rank s to rank d of the group at [s * ranks + d].
  std::vector<std::uint64_t> traffic = {};
};

struct Step {
  enum class Kind { kCompute, kStart, kWait };
  Kind kind = Kind::kCompute;
  std::size_t transfer = 0;  // of kStart and kWait: index into TrainingSchedule::transfers
  std::uint64_t tiles = 0;   // of kCompute
};

struct TrainingSchedule {
  std::vector<Group> groups;
  std::vector<Transfer> transfers;
  std::vector<Step> steps;  // every transfer is started once and waited for once
};

/// The schedule of a rank of the job.
using MakeTrainingSchedule = std::function<TrainingSchedule(int rank)>;

/// Elements that a rank hands over and gets back.
struct TransferSize {
  std::uint64_t send = 0;
  std::uint64_t receive = 0;
};
TransferSize size_of(const Transfer& transfer, const Group& group);

/// Matrix products are made of square tiles: small enough that communication is looked after
/// between them, large enough to run at the speed of large products.
inline constexpr std::uint64_t kTileEdge = 96;
inline constexpr double kTileFlops = 2.0 * kTileEdge * kTileEdge * kTileEdge;

/// Writes a schedule down in the order in which a framework would issue it.
class ScheduleBuilder {
 public:
  explicit ScheduleBuilder(std::vector<Group> groups);

  /// What start returns where a group has one rank: nothing is sent.
  static constexpr std::size_t kNothing = std::numeric_limits<std::size_t>::max();

  /// A collective; its id is its place in the group's order.
  std::size_t start(TransferKind kind, std::size_t group, std::uint64_t count);
  std::size_t start_all_to_all(std::size_t group, std::vector<std::uint64_t> traffic);
  /// One end of a message; `id` is unique in the group.
  std::size_t start_message(
      TransferKind kind, std::size_t group, std::uint64_t count, int peer, std::uint64_t id);
  /// Nothing for kNothing and for what has been waited for.
  void wait(std::size_t transfer);
  /// Fractions of a tile are carried over to the next call.
  void compute(double flops);

  /// Waits for what is still under way.
  TrainingSchedule finish();

  [[nodiscard]] const Group& group(std::size_t index) const { return schedule_.groups[index]; }

 private:
  std::size_t start(Transfer transfer);

  TrainingSchedule schedule_;
  std::vector<std::uint64_t> collectives_;  // by group
  std::vector<bool> waited_;                // by transfer
  double carried_flops_ = 0;
};

}  // namespace fabricast
