// Point-to-point messages of the textbook algorithms, counted and politely waited for.
#pragma once

#include "bench/polite_wait.hpp"

#include <mpi.h>

#include <cstddef>
#include <cstdint>

namespace fabricast {

/// A run of bytes to send or to receive.
struct Block {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
};

class PointToPoint {
 public:
  PointToPoint(MPI_Comm communicator, PoliteWait wait);

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }

  void send(Block block, int to);
  void receive(Block block, int from);
  /// Both at once; the blocks do not overlap.
  void exchange(Block out, int to, Block in, int from);

  /// Messages that followed each other, and bytes sent or received (the larger at each message),
  /// since construction: what core/algorithm.hpp's schedules claim.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::uint64_t wire_bytes() const { return wire_bytes_; }

 private:
  MPI_Comm communicator_;
  PoliteWait wait_;
  int rank_ = 0;
  int ranks_ = 1;
  std::uint64_t steps_ = 0;
  std::uint64_t wire_bytes_ = 0;
};

}  // namespace fabricast
