// One persistent host thread per GPU of this process, so that every GPU gets its call at the same
// time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace fabricast {

/// Ends a job that waits for a rank that has failed. Never leaves RankThreads::run.
struct OtherRankFailed {};

class RankThreads {
 public:
  using Job = std::function<void(int rank)>;
  using Release = std::function<void(const std::vector<int>& stuck)>;

  /// A single rank needs no thread: its jobs run on the caller's.
  explicit RankThreads(int ranks);

  [[nodiscard]] int size() const { return size_; }

  /// job(rank) on every thread at once; returns when all have returned. When one throws, the others
  /// see it in meet() and check_others(); those that do not return within a few seconds are named
  /// to `release`, which must free them from the call that they hang in. The first exception is
  /// thrown again here. One caller at a time.
  void run(const Job& job, const Release& release = {});

  /// For jobs: waits, polling, until every rank is here: the common start of a measurement.
  void meet();
  /// For jobs, in loops that wait for something: throws once another rank's job has thrown.
  void check_others() const;

 private:
  void serve(const std::stop_token& stop, int rank);
  void work(int rank);
  void start(const Job& job);
  void finish(const Release& release);

  int size_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable_any done_;
  const Job* job_ = nullptr;
  std::uint64_t round_ = 0;
  std::vector<bool> running_;
  std::exception_ptr error_;
  std::atomic<bool> failed_ = false;
  std::atomic<int> arrived_ = 0;
  std::atomic<std::uint64_t> meetings_ = 0;
  std::vector<std::jthread> threads_;  // last: stopped and joined while the rest still exists
};

}  // namespace fabricast
