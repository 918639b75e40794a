// What one thread does to copy a buffer or to add several into one: plain loops for host and
// device.
#pragma once

#include "kernels/element.hpp"
#include "kernels/word.hpp"

#include <type_traits>

namespace fabricast {

inline constexpr int kMaxInputs = 8;

/// A thread's place among all that share the work.
struct Worker {
  std::uint64_t block = 0;
  std::uint64_t blocks = 1;
  std::uint64_t thread = 0;
  std::uint64_t threads = 1;  // of a block

  [[nodiscard]] FABRICAST_HOST_DEVICE std::uint64_t index() const {
    return block * threads + thread;
  }
};

/// The inputs of a sum. Plain data, so that a kernel takes it by value.
struct Inputs {
  const void* data[kMaxInputs] = {};
  int number = 0;
};

/// Calls run(i, step) for runs of kBatch items i, i + step, ... that are this worker's, and
/// one(i) for those that are left at the end, so that each item below `count` is somebody's once.
/// A block works on neighbouring items.
template <unsigned kBatch, typename Run, typename One>
FABRICAST_HOST_DEVICE void for_my_items(std::uint64_t count,
                                        const Worker& w,
                                        const Run& run,
                                        const One& one) {
  const std::uint64_t tile = w.threads * kBatch;
  for (std::uint64_t start = w.block * tile; start < count; start += w.blocks * tile) {
    if (start + tile <= count) {
      run(start + w.thread, w.threads);
      continue;
    }
    for (std::uint64_t i = start + w.thread; i < count; i += w.threads) {
      one(i);
    }
  }
}

/// Items of a batch: independent loads in flight before the first store.
inline constexpr unsigned kCopyBatch = 4;

FABRICAST_HOST_DEVICE inline void write_word(Line* at, const Line& line) { line.write_to(at); }
template <typename Word>
FABRICAST_HOST_DEVICE void write_word(Word* at, const Word& word) {
  *at = word;
}

template <typename Word>
FABRICAST_HOST_DEVICE void copy_words(Word* to,
                                      const Word* from,
                                      std::uint64_t count,
                                      const Worker& w) {
  for_my_items<kCopyBatch>(
      count,
      w,
      [&](std::uint64_t first, std::uint64_t step) {
        Word words[kCopyBatch];
        for (unsigned b = 0; b < kCopyBatch; ++b) {
          words[b] = from[first + b * step];
        }
        for (unsigned b = 0; b < kCopyBatch; ++b) {
          write_word(&to[first + b * step], words[b]);
        }
      },
      [&](std::uint64_t i) { write_word(&to[i], from[i]); });
}

/// Copies by the word `Word`, which both addresses reach after the same number of bytes: those
/// bytes first, then words, then what is left.
template <typename Word>
FABRICAST_HOST_DEVICE void copy_by(std::uint8_t* to,
                                   const std::uint8_t* from,
                                   std::uint64_t bytes,
                                   const Worker& w) {
  const std::uint64_t head =
      at_most((sizeof(Word) - offset_in(to, sizeof(Word))) % sizeof(Word), bytes);
  const std::uint64_t words = (bytes - head) / sizeof(Word);
  const std::uint64_t tail = head + words * sizeof(Word);
  copy_words(
      reinterpret_cast<Word*>(to + head), reinterpret_cast<const Word*>(from + head), words, w);
  for (std::uint64_t i = w.index(); i < head + (bytes - tail); i += w.blocks * w.threads) {
    const std::uint64_t at = i < head ? i : tail + (i - head);
    to[at] = from[at];
  }
}

/// Bytes of one buffer into another that does not overlap it. Any alignment: 16 bytes at a time
/// where the addresses are equal modulo 16, else the widest word that both allow.
FABRICAST_HOST_DEVICE inline void copy_bytes(void* to,
                                             const void* from,
                                             std::uint64_t bytes,
                                             const Worker& w) {
  auto* t = static_cast<std::uint8_t*>(to);
  const auto* f = static_cast<const std::uint8_t*>(from);
  const std::uint64_t apart = offset_in(to, 16) ^ offset_in(from, 16);
  if (apart == 0) {
    copy_by<Line>(t, f, bytes, w);
  } else if (apart % 8 == 0) {
    copy_by<Byte8>(t, f, bytes, w);
  } else if (apart % 4 == 0) {
    copy_by<Byte4>(t, f, bytes, w);
  } else if (apart % 2 == 0) {
    copy_by<Byte2>(t, f, bytes, w);
  } else {
    copy_by<Byte1>(t, f, bytes, w);
  }
}

/// Lines of a batch of sums: fewer, because their operands wait in registers.
inline constexpr unsigned kReduceBatch = 2;

/// Adds up kBatch runs of N words, `step` words apart, in the order of the inputs.
template <typename Element, unsigned N, unsigned kBatch, typename Load, typename Store>
FABRICAST_HOST_DEVICE void reduce_runs(int inputs, const Load& load, const Store& store) {
  Sum<Element, N> sums[kBatch];
  std::uint64_t words[kBatch][N];
  for (unsigned b = 0; b < kBatch; ++b) {
    load(0, b, words[b]);
  }
  for (unsigned b = 0; b < kBatch; ++b) {
    sums[b].set(words[b]);
  }
  for (int k = 1; k < inputs; ++k) {
    for (unsigned b = 0; b < kBatch; ++b) {
      load(k, b, words[b]);
    }
    for (unsigned b = 0; b < kBatch; ++b) {
      sums[b].add(words[b]);
    }
  }
  for (unsigned b = 0; b < kBatch; ++b) {
    sums[b].get(words[b]);
    store(b, words[b]);
  }
}

/// to[i] = sum over the inputs, in their order (Sum says how it rounds). `to` may be one of the
/// inputs, and overlaps none otherwise. Addresses are multiples of the element; where they are
/// equal modulo 16, 16 bytes are moved at a time.
template <typename Element>
FABRICAST_HOST_DEVICE void reduce_elements(typename Element::Bits* to,
                                           const Inputs& inputs,
                                           std::uint64_t count,
                                           const Worker& w) {
  using Bits = typename Element::Bits;
  constexpr std::uint64_t kPer = 16 / sizeof(Bits);
  bool together = true;
  for (int k = 0; k < inputs.number; ++k) {
    together = together && offset_in(inputs.data[k], 16) == offset_in(to, 16);
  }
  const std::uint64_t head =
      together ? at_most((kPer - offset_in(to, 16) / sizeof(Bits)) % kPer, count) : count;
  const std::uint64_t lines = (count - head) / kPer;
  const std::uint64_t tail = head + lines * kPer;
  const auto input = [&](int k) { return static_cast<const Bits*>(inputs.data[k]); };

  const auto reduce_line = [&](auto batch, std::uint64_t first, std::uint64_t step) {
    constexpr unsigned kBatch = decltype(batch)::value;
    const auto at = [&](unsigned b) { return head + (first + b * step) * kPer; };
    reduce_runs<Element, 2, kBatch>(
        inputs.number,
        [&](int k, unsigned b, std::uint64_t(&words)[2]) {
          const Line line = *reinterpret_cast<const Line*>(input(k) + at(b));
          words[0] = line.words[0];
          words[1] = line.words[1];
        },
        [&](unsigned b, const std::uint64_t(&words)[2]) {
          Line{
              {words[0], words[1]}
          }
              .write_to(to + at(b));
        });
  };
  for_my_items<kReduceBatch>(
      lines,
      w,
      [&](std::uint64_t first, std::uint64_t step) {
        reduce_line(std::integral_constant<unsigned, kReduceBatch>{}, first, step);
      },
      [&](std::uint64_t i) { reduce_line(std::integral_constant<unsigned, 1>{}, i, 0); });

  // One by one: what lies before the first and after the last line, or everything.
  for (std::uint64_t i = w.index(); i < head + (count - tail); i += w.blocks * w.threads) {
    const std::uint64_t at = i < head ? i : tail + (i - head);
    typename Element::Wide sum = Element::widen(input(0)[at]);
    for (int k = 1; k < inputs.number; ++k) {
      sum += Element::widen(input(k)[at]);
    }
    to[at] = Element::narrow(sum);
  }
}

}  // namespace fabricast
