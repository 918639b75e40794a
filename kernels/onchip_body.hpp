// What one block does in a collective among virtual ranks: templates over
//   Memory  how flags and lines are read and written so that other ranks see them, and
//   Team    the threads of the block: thread(), threads(), sync(), pause(),
// so that the CPU tests run the very turns and protocols that the GPU runs.
#pragma once

#include "kernels/element.hpp"
#include "kernels/onchip_plan.hpp"
#include "kernels/word.hpp"

#include <cstddef>
#include <cstdint>

namespace fabricast {

/// A plan with its memory. Plain data, so that a kernel takes it by value.
struct OnchipCall {
  OnchipPlan plan;
  const void* send[kMaxVirtualRanks] = {};
  void* receive[kMaxVirtualRanks] = {};
  std::byte* workspace = nullptr;  // onchip_workspace_bytes(plan), aligned to 128
};

namespace onchip {

// Each protocol below moves lines of kLineWords data words, kWords of them per lane; kLanes
// neighbouring threads share a line. `number` is the slot's in its pipe: what flags compare with.
// A thread handles kBatch lines at once, so that their loads overlap.

/// Data as they are; arrival is told by the pipe's flag.
template <typename Memory, bool WithFences>
struct FlagProtocol {
  static constexpr bool kFences = WithFences;
  static constexpr bool kFlagsInLine = false;
  static constexpr unsigned kLanes = 1;
  static constexpr unsigned kWords = 2;
  static constexpr unsigned kLineWords = 2;
  static constexpr unsigned kBatch = 4;

  FABRICAST_HOST_DEVICE static void write(std::uint64_t* slot,
                                          std::uint64_t line,
                                          unsigned /*lane*/,
                                          const std::uint64_t (&words)[2],
                                          std::uint64_t /*number*/) {
    Line{
        {words[0], words[1]}
    }
        .write_to(slot + 2 * line);
  }
  FABRICAST_HOST_DEVICE static bool read(const std::uint64_t* slot,
                                         std::uint64_t line,
                                         unsigned /*lane*/,
                                         std::uint64_t (&words)[2],
                                         std::uint64_t /*number*/) {
    const Line there = reinterpret_cast<const Line*>(slot)[line];
    words[0] = there.words[0];
    words[1] = there.words[1];
    return true;
  }
};

/// Two words per line, each 4 bytes of data below 4 bytes of flag. A word is written at once, so
/// that data are there when their flag is.
template <typename Memory>
struct LlProtocol {
  static constexpr bool kFences = false;
  static constexpr bool kFlagsInLine = true;
  static constexpr unsigned kLanes = 1;
  static constexpr unsigned kWords = 1;
  static constexpr unsigned kLineWords = 1;
  static constexpr unsigned kBatch = 4;

  FABRICAST_HOST_DEVICE static void write(std::uint64_t* slot,
                                          std::uint64_t line,
                                          unsigned /*lane*/,
                                          const std::uint64_t (&words)[1],
                                          std::uint64_t number) {
    const std::uint64_t flag = number << 32;
    Memory::store_word(&slot[2 * line], flag | (words[0] & 0xFFFFFFFFU));
    Memory::store_word(&slot[2 * line + 1], flag | words[0] >> 32);
  }
  FABRICAST_HOST_DEVICE static bool read(const std::uint64_t* slot,
                                         std::uint64_t line,
                                         unsigned /*lane*/,
                                         std::uint64_t (&words)[1],
                                         std::uint64_t number) {
    const std::uint64_t low = Memory::load_word(&slot[2 * line]);
    const std::uint64_t high = Memory::load_word(&slot[2 * line + 1]);
    words[0] = (low & 0xFFFFFFFFU) | high << 32;
    const std::uint64_t flag = number & 0xFFFFFFFFU;
    return low >> 32 == flag && high >> 32 == flag;
  }
};

/// 16 words per line, the last of them the flag. Memory moves a lane's words, and promises that the
/// others are there when the flag is.
template <typename Memory>
struct Ll128Protocol {
  static constexpr bool kFences = false;
  static constexpr bool kFlagsInLine = true;
  static constexpr unsigned kLanes = Memory::kLanes;
  static constexpr unsigned kWords = 16 / kLanes;
  static constexpr unsigned kLineWords = 15;
  static constexpr unsigned kBatch = kLanes == 1 ? 1 : 4;

  FABRICAST_HOST_DEVICE static void write(std::uint64_t* slot,
                                          std::uint64_t line,
                                          unsigned lane,
                                          const std::uint64_t (&words)[kWords],
                                          std::uint64_t number) {
    std::uint64_t with_flag[kWords];
    for (unsigned n = 0; n < kWords; ++n) {
      with_flag[n] = lane * kWords + n == kLineWords ? number : words[n];
    }
    Memory::store_lane(slot + line * 16 + lane * kWords, with_flag);
  }
  FABRICAST_HOST_DEVICE static bool read(const std::uint64_t* slot,
                                         std::uint64_t line,
                                         unsigned lane,
                                         std::uint64_t (&words)[kWords],
                                         std::uint64_t number) {
    Memory::load_lane(slot + line * 16 + lane * kWords, words);
    return lane != kLanes - 1 || words[kWords - 1] == number;
  }
};

/// One end of a pipe.
struct Pipe {
  std::uint64_t* filled = nullptr;
  std::uint64_t* emptied = nullptr;
  std::byte* slots = nullptr;

  /// Slot number `n`, from 1.
  [[nodiscard]] FABRICAST_HOST_DEVICE std::uint64_t* slot(const OnchipPlan& p,
                                                          std::uint64_t n) const {
    return reinterpret_cast<std::uint64_t*>(slots + (n - 1) % p.depth * p.slot_bytes);
  }
};

FABRICAST_HOST_DEVICE inline Pipe pipe_at(const OnchipCall& call, int channel, int index) {
  const auto place = static_cast<std::uint64_t>(index * kMaxChannels + channel);
  std::byte* at = call.workspace + place * pipe_bytes(call.plan);
  return {reinterpret_cast<std::uint64_t*>(at),
          reinterpret_cast<std::uint64_t*>(at + kFlagLine),
          at + 2 * kFlagLine};
}

/// Slots that each pipe of this rank and channel has carried since the workspace was zeroed. Only
/// the block itself uses it: this is why nothing needs a reset between calls.
FABRICAST_HOST_DEVICE inline std::uint64_t* slots_carried(const OnchipCall& call,
                                                          int rank,
                                                          int channel) {
  return reinterpret_cast<std::uint64_t*>(call.workspace + pipes_bytes(call.plan)) +
         rank * kMaxChannels + channel;
}

/// The block of one rank in one channel.
template <typename Protocol, typename Memory, typename Element, typename Team>
class Block {
  using Bits = typename Element::Bits;
  static constexpr unsigned kWords = Protocol::kWords;
  static constexpr unsigned kBatch = Protocol::kBatch;

 public:
  FABRICAST_HOST_DEVICE Block(const OnchipCall& call, int rank, int channel, const Team& team)
      : call_(call),
        rank_(rank),
        channel_(channel),
        team_(team),
        send_(static_cast<const Bits*>(call.send[rank])),
        receive_(static_cast<Bits*>(call.receive[rank])) {}

  FABRICAST_HOST_DEVICE void run() {
    std::uint64_t* carried = slots_carried(call_, rank_, channel_);
    before_ = *carried;
    const Rounds rounds = rounds_of(call_.plan, channel_);
    for (std::uint64_t round = 0; round < rounds.rounds; ++round) {
      for (int t = 0; t < rounds.turns; ++t) {
        take(turn_of(call_.plan, rounds, rank_, round, t));
      }
    }
    team_.sync();  // every thread has read it
    if (team_.thread() == 0) {
      *carried = before_ + rounds.rounds * rounds.per_pipe;
    }
  }

 private:
  // One line's part of this thread, for each line of the batch.
  using Batch = std::uint64_t[kBatch][kWords];

  // The lines that a thread handles together: line first + b * step for each b, up to `lines`.
  struct Lines {
    std::uint64_t first;
    std::uint64_t step;
    std::uint64_t lines;
    unsigned lane;

    [[nodiscard]] FABRICAST_HOST_DEVICE std::uint64_t at(unsigned b) const {
      return first + b * step;
    }
    [[nodiscard]] FABRICAST_HOST_DEVICE bool has(unsigned b) const { return at(b) < lines; }
    [[nodiscard]] FABRICAST_HOST_DEVICE std::uint64_t word(unsigned b) const {
      return at(b) * Protocol::kLineWords + lane * kWords;
    }
  };

  FABRICAST_HOST_DEVICE void take(const Turn& turn) {
    await(turn);
    constexpr std::uint64_t kLineBytes = Protocol::kLineWords * 8;
    const std::uint64_t lines = (turn.count * sizeof(Bits) + kLineBytes - 1) / kLineBytes;
    const std::uint64_t groups = team_.threads() / Protocol::kLanes;
    const unsigned lane = team_.thread() % Protocol::kLanes;
    for (std::uint64_t first = team_.thread() / Protocol::kLanes; first < lines;
         first += groups * kBatch) {
      const Lines at{first, groups, lines, lane};
      Batch batch;
      gather(turn, at, batch);
      hand_out(turn, at, batch);
    }
    tell(turn);
  }

  // Waits for room in the pipes out and, where the lines do not tell, for data in those in. Flags
  // are shared out over the threads.
  FABRICAST_HOST_DEVICE void await(const Turn& turn) {
    const int flags = turn.to_number + turn.from_number;
    for (int k = static_cast<int>(team_.thread()); k < flags;
         k += static_cast<int>(team_.threads())) {
      if (k < turn.to_number) {
        const std::uint64_t number = before_ + turn.sends;
        const std::uint64_t depth = call_.plan.depth;
        wait_for(out(turn.to + k).emptied, number > depth ? number - depth : 0);
      } else if (!Protocol::kFlagsInLine) {
        wait_for(in(turn.from + k - turn.to_number).filled, before_ + turn.receives);
      }
    }
    team_.sync();
    if (Protocol::kFences) {
      Memory::fence();
    }
  }

  // The outcome of the turn: the own input, what came in, or their sum.
  FABRICAST_HOST_DEVICE void gather(const Turn& turn, const Lines& at, Batch& batch) {
    const int summands = turn.from_number + (turn.own ? 1 : 0);
    summand(turn, 0, at, batch);
    if (summands == 1) {
      return;
    }
    Sum<Element, kWords> sums[kBatch];
    for (unsigned b = 0; b < kBatch; ++b) {
      sums[b].set(batch[b]);
    }
    for (int k = 1; k < summands; ++k) {
      summand(turn, k, at, batch);
      for (unsigned b = 0; b < kBatch; ++b) {
        sums[b].add(batch[b]);
      }
    }
    for (unsigned b = 0; b < kBatch; ++b) {
      sums[b].get(batch[b]);
    }
  }

  FABRICAST_HOST_DEVICE void summand(const Turn& turn, int k, const Lines& at, Batch& batch) {
    if (turn.own && (turn.from_number == 0 || k == turn.own_place)) {
      for (unsigned b = 0; b < kBatch; ++b) {
        load_own(turn, at, b, batch[b]);
      }
      return;
    }
    const int peer = turn.from + (turn.own && k > turn.own_place ? k - 1 : k);
    const std::uint64_t number = before_ + turn.receives;
    const std::uint64_t* slot = in(peer).slot(call_.plan, number);
    while (!read_all(slot, at, number, batch)) {
      team_.pause();
    }
  }

  FABRICAST_HOST_DEVICE void load_own(const Turn& turn,
                                      const Lines& at,
                                      unsigned b,
                                      std::uint64_t (&words)[kWords]) {
    if (at.has(b)) {
      load_words(send_ + turn.own_first, at.word(b), turn.count, words);
      return;
    }
    for (unsigned n = 0; n < kWords; ++n) {
      words[n] = 0;
    }
  }

  // False while one of the lines is not there yet; the lanes of a line agree on it.
  FABRICAST_HOST_DEVICE bool read_all(const std::uint64_t* slot,
                                      const Lines& at,
                                      std::uint64_t number,
                                      Batch& batch) {
    bool all = true;
    for (unsigned b = 0; b < kBatch; ++b) {
      if (at.has(b)) {
        all = Protocol::read(slot, at.at(b), at.lane, batch[b], number) && all;
      } else {
        for (unsigned n = 0; n < kWords; ++n) {
          batch[b][n] = 0;
        }
      }
    }
    return Memory::template all_lanes<Protocol::kLanes>(all);
  }

  FABRICAST_HOST_DEVICE void hand_out(const Turn& turn, const Lines& at, const Batch& batch) {
    const std::uint64_t number = before_ + turn.sends;
    for (int k = 0; k < turn.to_number; ++k) {
      std::uint64_t* slot = out(turn.to + k).slot(call_.plan, number);
      for (unsigned b = 0; b < kBatch; ++b) {
        if (at.has(b)) {
          Protocol::write(slot, at.at(b), at.lane, batch[b], number);
        }
      }
    }
    if (!turn.keep) {
      return;
    }
    for (unsigned b = 0; b < kBatch; ++b) {
      if (at.has(b)) {
        keep(turn, at.word(b), at.lane, batch[b]);
      }
    }
  }

  // The last lane's last word is the flag where flags are in the line, not data.
  FABRICAST_HOST_DEVICE void keep(const Turn& turn,
                                  std::uint64_t word,
                                  unsigned lane,
                                  const std::uint64_t (&words)[kWords]) {
    constexpr unsigned kData = Protocol::kLineWords - (Protocol::kLanes - 1) * kWords;
    if constexpr (kData < kWords) {
      if (lane == Protocol::kLanes - 1) {
        std::uint64_t data[kData];
        for (unsigned n = 0; n < kData; ++n) {
          data[n] = words[n];
        }
        store_words(receive_ + turn.keep_first, word, turn.count, data);
        return;
      }
    }
    store_words(receive_ + turn.keep_first, word, turn.count, words);
  }

  // Hands the slots over: filled ones to their readers, emptied ones back to their writers.
  FABRICAST_HOST_DEVICE void tell(const Turn& turn) {
    if (Protocol::kFences) {
      Memory::fence();
    }
    team_.sync();
    const int flags = turn.to_number + turn.from_number;
    for (int k = static_cast<int>(team_.thread()); k < flags;
         k += static_cast<int>(team_.threads())) {
      if (k >= turn.to_number) {
        Memory::template store_flag<Protocol::kFences>(in(turn.from + k - turn.to_number).emptied,
                                                       before_ + turn.receives);
      } else if (!Protocol::kFlagsInLine) {
        Memory::template store_flag<Protocol::kFences>(out(turn.to + k).filled,
                                                       before_ + turn.sends);
      }
    }
  }

  FABRICAST_HOST_DEVICE void wait_for(const std::uint64_t* flag, std::uint64_t number) {
    while (Memory::template load_flag<Protocol::kFences>(flag) < number) {
      team_.pause();
    }
  }

  [[nodiscard]] FABRICAST_HOST_DEVICE Pipe out(int peer) const {
    return pipe_at(call_, channel_, pipe_out(call_.plan, rank_, peer));
  }
  [[nodiscard]] FABRICAST_HOST_DEVICE Pipe in(int peer) const {
    return pipe_at(call_, channel_, pipe_in(call_.plan, rank_, peer));
  }

  const OnchipCall& call_;
  int rank_;
  int channel_;
  Team team_;
  const Bits* send_;
  Bits* receive_;
  std::uint64_t before_ = 0;  // slots that each pipe had carried before this call
};

/// Block `channel` of `rank` in the collective that the call describes.
template <OnchipProtocol protocol, typename Memory, typename Element, typename Team>
FABRICAST_HOST_DEVICE void run_block(const OnchipCall& call,
                                     int rank,
                                     int channel,
                                     const Team& team) {
  if constexpr (protocol == OnchipProtocol::kLl) {
    Block<LlProtocol<Memory>, Memory, Element, Team>(call, rank, channel, team).run();
  } else if constexpr (protocol == OnchipProtocol::kLl128) {
    Block<Ll128Protocol<Memory>, Memory, Element, Team>(call, rank, channel, team).run();
  } else {
    constexpr bool kFences = protocol == OnchipProtocol::kFence;
    Block<FlagProtocol<Memory, kFences>, Memory, Element, Team>(call, rank, channel, team).run();
  }
}

}  // namespace onchip

}  // namespace fabricast
