// A backend without a machine: made-up times and made-up wrong elements.
#pragma once

#include "bench/backend.hpp"

#include <functional>
#include <utility>

namespace fabricast {

class FakeOperation final : public Operation {
 public:
  explicit FakeOperation(std::function<double(int call)> microseconds)
      : microseconds_(std::move(microseconds)) {}

  void fill(std::uint64_t /*iteration*/) override { flipped_ = false; }
  std::vector<RankTime> run() override { return {{microseconds(microseconds_(calls_++))}}; }
  std::uint64_t wrong_elements(std::uint64_t /*iteration*/) override {
    return (flipped_ ? 1U : 0U) + wrong_per_call;
  }
  void flip_bit(std::uint64_t /*random*/) override { flipped_ = true; }

  [[nodiscard]] int calls() const { return calls_; }
  std::uint64_t wrong_per_call = 0;

 private:
  std::function<double(int)> microseconds_;
  int calls_ = 0;
  bool flipped_ = false;
};

class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(int ranks,
                       std::vector<Offer> offers =
                           {
                               {Collective::kAllReduce, {"library", "ring"}},
                               {Collective::kAllGather, {"library"}        }
  })
      : ranks_(ranks), offers_(std::move(offers)) {}

  [[nodiscard]] std::string name() const override { return "fake"; }
  [[nodiscard]] int ranks() const override { return ranks_; }
  [[nodiscard]] int local_ranks() const override { return 1; }
  [[nodiscard]] int ranks_per_node() const override { return ranks_; }
  [[nodiscard]] std::string machine() const override { return "fake machine"; }
  [[nodiscard]] int processors() const override { return 8; }
  [[nodiscard]] bool oversubscribed() const override { return false; }
  [[nodiscard]] std::map<std::string, std::string> versions() const override { return {}; }
  [[nodiscard]] std::vector<Offer> offers() const override { return offers_; }
  [[nodiscard]] std::string why_not(const Case& c) const override {
    return c.count > 1'000'000 ? "too many for a fake" : "";
  }
  [[nodiscard]] std::uint64_t available_memory() const override { return 1ULL << 30; }
  [[nodiscard]] std::uint64_t buffer_bytes(const Case& c) const override { return c.count * 8; }
  [[nodiscard]] std::unique_ptr<Operation> prepare(const Case& /*c*/) override {
    return std::make_unique<FakeOperation>([](int call) { return 10.0 + call % 2; });
  }

 private:
  int ranks_;
  std::vector<Offer> offers_;
};

}  // namespace fabricast
