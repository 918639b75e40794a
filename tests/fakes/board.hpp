// Where the ranks of a fake communicator meet: shared memory that threads and processes of one host
// can both reach.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/types.h>
#include <vector>

namespace fakes {

inline constexpr int kMaxRanks = 64;

/// Bytes that one rank shows to another.
struct Message {
  const void* address = nullptr;  // in the sender's process
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;  // in the sender's file, for readers in other processes
};

struct Slot {
  std::atomic<pid_t> pid;  // 0: not joined yet
  int version;
  int device;
  int file;  // descriptor in the rank's process, where its messages lie for other processes
  std::atomic<std::uint64_t> reached;  // meetings so far
  std::array<Message, kMaxRanks> to;
};

/// Zero bytes are its valid initial state.
struct Board {
  int ranks;
  std::atomic<int> joined;
  std::atomic<bool> aborted;
  std::array<Slot, kMaxRanks> slots;
};

/// Names a board in all processes of a user on this host.
struct BoardId {
  pid_t pid;
  int file;
};

BoardId make_board();
/// Maps it; null when its maker has ended.
Board* open_board(const BoardId& id);

/// One rank's place at a board.
class Seat {
 public:
  Seat(Board& board, int rank, int ranks, int version, int device);

  [[nodiscard]] Board& board() const { return board_; }
  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return board_.ranks; }

  /// Waits until every rank sits at the board. False once the board is aborted.
  [[nodiscard]] bool wait_for_all() const;
  /// Waits until every rank is here. False once the board is aborted.
  [[nodiscard]] bool meet();
  /// Waits until the board is aborted.
  void wait_for_abort() const;
  /// Shows to[p] to rank p from the next meeting on.
  void show(std::span<const Message> to);
  /// What rank `from` shows to this one, copied.
  [[nodiscard]] std::vector<std::byte> seen(int from) const;

 private:
  [[nodiscard]] bool has_other_processes() const;

  Board& board_;
  int rank_;
};

}  // namespace fakes
