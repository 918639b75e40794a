// Virtual ranks on the CPU: memory that other threads see, and teams of threads.
#pragma once

#include "kernels/onchip_body.hpp"

#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace fabricast {

/// Flags release and acquire in every protocol, because ThreadSanitizer does not know fences. One
/// thread moves a whole line of LL128, the flag last, and reads it the other way round.
struct HostMemory {
  static constexpr unsigned kLanes = 1;

  template <bool WithFences>
  static std::uint64_t load_flag(const std::uint64_t* flag) {
    return shared(flag).load(std::memory_order_acquire);
  }
  template <bool WithFences>
  static void store_flag(std::uint64_t* flag, std::uint64_t number) {
    shared(flag).store(number, std::memory_order_release);
  }
  static std::uint64_t load_word(const std::uint64_t* word) {
    return shared(word).load(std::memory_order_relaxed);
  }
  static void store_word(std::uint64_t* word, std::uint64_t value) {
    shared(word).store(value, std::memory_order_relaxed);
  }
  template <unsigned N>
  static void load_lane(const std::uint64_t* at, std::uint64_t (&words)[N]) {
    words[N - 1] = load_flag<false>(at + N - 1);
    for (unsigned n = 0; n + 1 < N; ++n) {
      words[n] = load_word(at + n);
    }
  }
  template <unsigned N>
  static void store_lane(std::uint64_t* at, const std::uint64_t (&words)[N]) {
    for (unsigned n = 0; n + 1 < N; ++n) {
      store_word(at + n, words[n]);
    }
    store_flag<false>(at + N - 1, words[N - 1]);
  }
  template <unsigned Lanes>
  static bool all_lanes(bool mine) {
    return mine;
  }
  static void fence() {}

 private:
  static std::atomic_ref<std::uint64_t> shared(const std::uint64_t* word) {
    return std::atomic_ref(*const_cast<std::uint64_t*>(word));
  }
};

/// One of the threads that stand for a block.
class HostTeam {
 public:
  HostTeam(unsigned thread, unsigned threads, std::barrier<>* barrier)
      : thread_(thread), threads_(threads), barrier_(barrier) {}

  [[nodiscard]] unsigned thread() const { return thread_; }
  [[nodiscard]] unsigned threads() const { return threads_; }
  void sync() const {
    if (threads_ > 1) {
      barrier_->arrive_and_wait();
    }
  }
  // Sleeping, not polling: there may be far more threads than processors.
  static void pause() { std::this_thread::sleep_for(std::chrono::microseconds(1)); }

 private:
  unsigned thread_;
  unsigned threads_;
  std::barrier<>* barrier_;
};

/// Runs job(rank, team) in `threads` threads for each of the ranks, all at once.
template <typename Job>
void on_virtual_ranks(int ranks, unsigned threads, const Job& job) {
  std::vector<std::unique_ptr<std::barrier<>>> barriers;
  std::vector<std::jthread> all;
  for (int rank = 0; rank < ranks; ++rank) {
    barriers.push_back(std::make_unique<std::barrier<>>(threads));
    for (unsigned thread = 0; thread < threads; ++thread) {
      all.emplace_back([&job, rank, team = HostTeam(thread, threads, barriers.back().get())] {
        job(rank, team);
      });
    }
  }
  all.clear();  // joined before the barriers go
}

}  // namespace fabricast
