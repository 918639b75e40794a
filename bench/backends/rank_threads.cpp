#include "bench/backends/rank_threads.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fabricast {

namespace {

// A rank that waits in a loop notices a failure at once; one that is inside a library call does
// not.
constexpr std::chrono::seconds kGrace{5};
// Polls before the processor is offered to others, about 10 us: threads may outnumber processors.
constexpr int kPollsBeforeYield = 2000;

}  // namespace

RankThreads::RankThreads(int ranks)
    : size_(ranks), running_(static_cast<std::size_t>(ranks), false) {
  for (int rank = 0; size_ > 1 && rank < size_; ++rank) {
    threads_.emplace_back([this, rank](const std::stop_token& stop) { serve(stop, rank); });
  }
}

void RankThreads::run(const Job& job, const Release& release) {
  start(job);
  if (threads_.empty()) {
    work(0);
  }
  finish(release);
}

void RankThreads::start(const Job& job) {
  const std::lock_guard lock(mutex_);
  job_ = &job;
  running_.assign(running_.size(), true);
  error_ = nullptr;
  failed_ = false;
  arrived_ = 0;
  ++round_;
  wake_.notify_all();
}

void RankThreads::finish(const Release& release) {
  const auto running = [this] { return std::count(running_.begin(), running_.end(), true); };
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return running() == 0 || failed_; });
  if (!done_.wait_for(lock, kGrace, [&] { return running() == 0; }) && release) {
    std::vector<int> stuck;
    for (int rank = 0; rank < size_; ++rank) {
      if (running_[static_cast<std::size_t>(rank)]) {
        stuck.push_back(rank);
      }
    }
    lock.unlock();
    release(stuck);
    lock.lock();
  }
  done_.wait(lock, [&] { return running() == 0; });
  if (error_) {
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
}

void RankThreads::serve(const std::stop_token& stop, int rank) {
  std::uint64_t seen = 0;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [&] { return round_ != seen; })) {
        return;
      }
      seen = round_;
    }
    work(rank);
  }
}

void RankThreads::work(int rank) {
  std::exception_ptr error;
  try {
    (*job_)(rank);
  } catch (...) {
    error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  if (error && !failed_) {
    error_ = error;
    failed_ = true;
  }
  running_[static_cast<std::size_t>(rank)] = false;
  done_.notify_all();
}

void RankThreads::meet() {
  const std::uint64_t meeting = meetings_;
  if (arrived_.fetch_add(1) + 1 == size_) {
    arrived_ = 0;
    ++meetings_;
    return;
  }
  for (int polls = 0; meetings_ == meeting; ++polls) {
    check_others();
    if (polls >= kPollsBeforeYield) {
      std::this_thread::yield();
    }
  }
}

void RankThreads::check_others() const {
  if (failed_) {
    throw OtherRankFailed{};
  }
}

}  // namespace fabricast
