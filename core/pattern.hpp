// The payload pattern: what every element of every buffer must be, per (rank, offset, iteration).
// One definition for host and device, so that both are checked by the same rule.
#pragma once

#include "core/collective.hpp"
#include "core/datatype.hpp"
#include "core/reduce_op.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#ifdef __CUDACC__
#define FABRICAST_HOST_DEVICE __host__ __device__
#else
#define FABRICAST_HOST_DEVICE
#endif

namespace fabricast {

/// The bits of a run of elements, by index. Plain data, so that a kernel takes it by value.
///
/// With a table (reductions): small integers in the element type, `table[(shift + offset) %
/// period]`, whose reduction over ranks is exact in any order. Without (data that only moves): all
/// bits of a hash of source rank and offset, so that any misplaced element shows.
struct PatternView {
  const std::uint64_t* table = nullptr;
  std::uint64_t period = 1;
  std::uint64_t shift = 0;
  std::uint64_t block = ~0ULL;     // elements that come from one source rank
  std::uint64_t first_source = 0;  // source rank of block 0
  std::uint64_t source_step = 0;   // 1: block b comes from rank first_source + b
  std::uint64_t first_offset = 0;  // offset of element 0 of each block in its source buffer
  std::uint64_t iteration = 0;

  [[nodiscard]] FABRICAST_HOST_DEVICE std::uint64_t bits(std::uint64_t index) const {
    if (table != nullptr) {
      return table[(shift + first_offset + index + iteration * 7919) % period];
    }
    const std::uint64_t source = first_source + index / block * source_step;
    std::uint64_t x = first_offset + index % block + (source << 40) + (iteration << 58);
    // Fibonacci hashing, twice: even the low 16 bits depend on source, offset and iteration.
    x *= 0x9E3779B97F4A7C15ULL;
    x ^= x >> 32;
    x *= 0x9E3779B97F4A7C15ULL;
    return x ^ (x >> 32);
  }
};

/// Bit pattern of a non-negative integer in an element type; exact up to the type's exact_limit.
std::uint64_t encode(DataType type, std::int64_t value);

/// "" or why no pattern of this type can tell a right result from a wrong one: the average over
/// ranks whose number is not a power of two is rounded differently by every library, and over more
/// ranks than the type counts to it is nothing but zero.
std::string why_not_exact(ReduceOp op, DataType type, int ranks);

/// Tables of contributions and of their reductions for one communicator, type and operator, and the
/// views that each rank sends and must receive.
class Pattern {
 public:
  Pattern(DataType type, int ranks, ReduceOp op = ReduceOp::kSum);

  [[nodiscard]] const std::vector<std::uint64_t>& contributions() const { return contributions_; }
  [[nodiscard]] const std::vector<std::uint64_t>& results() const { return results_; }

  /// What `rank` sends, and what it must hold afterwards. `count` as the collective's count
  /// argument; root is rank 0. The tables are those of this object unless others (device copies)
  /// are given.
  struct Tables {
    const std::uint64_t* contributions;
    const std::uint64_t* results;
  };
  [[nodiscard]] Tables tables() const { return {contributions_.data(), results_.data()}; }
  [[nodiscard]] PatternView sent(Collective c, int rank, std::uint64_t iteration, Tables t) const;
  [[nodiscard]] PatternView received(
      Collective c, int rank, std::uint64_t count, std::uint64_t iteration, Tables t) const;

 private:
  int ranks_;
  std::vector<std::uint64_t> contributions_;
  std::vector<std::uint64_t> results_;
};

/// Elements of the buffers that `rank` hands to the collective and gets back; 0 where a rank has
/// none (the receive side of a reduce away from the root).
struct Extents {
  std::uint64_t send = 0;
  std::uint64_t receive = 0;
};
Extents extents(Collective c, int rank, int ranks, std::uint64_t count);

/// One buffer for both, as NCCL defines in place: of a rank's blocks, its own is the one that goes
/// in or comes out. In elements. For collectives whose info says in_place.
struct InPlace {
  std::uint64_t elements = 0;
  std::uint64_t send_at = 0;
  std::uint64_t receive_at = 0;
};
InPlace in_place(Collective c, int rank, int ranks, std::uint64_t count);

}  // namespace fabricast
