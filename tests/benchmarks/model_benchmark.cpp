// How fast the model is, next to the least work that any such model could do. docs/performance.md
// shows the outcome.
#include "model/collective/candidate_set.hpp"
#include "model/collective/predict.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <vector>

namespace fabricast {
namespace {

constexpr std::size_t kSizes = 30;  // 8 B to 4 GiB

std::vector<std::uint64_t> octaves() {
  std::vector<std::uint64_t> sizes;
  for (std::size_t i = 0; i < kSizes; ++i) {
    sizes.push_back(std::uint64_t{8} << i);
  }
  return sizes;
}

std::array<Bytes, kSizes> messages() {
  std::array<Bytes, kSizes> list;
  const auto sizes = octaves();
  for (std::size_t i = 0; i < kSizes; ++i) {
    list[i] = Bytes(static_cast<double>(sizes[i]));
  }
  return list;
}

// All-reduce on 100,000 ranks, ready to be priced.
struct Communicator {
  Cluster cluster = load_cluster("colossus-100k");
  Setting setting = make_setting(cluster, 100000, 0);
  Model model = published_model();
  Inputs inputs = inputs_for(cluster, setting, model.constants);
  CandidateSet candidates{setting, Collective::kAllReduce, "", inputs};
};

// The least that any model does per evaluation: alpha + size / bandwidth.
void alpha_beta(benchmark::State& state) {
  const auto sizes = messages();
  Seconds alpha(7e-6);
  SecondsPerByte beta(2.5e-11);
  for (auto _ : state) {
    benchmark::DoNotOptimize(alpha);
    benchmark::DoNotOptimize(beta);
    for (const Bytes size : sizes) {
      Seconds time = alpha + size * beta;
      benchmark::DoNotOptimize(time);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kSizes));
}
BENCHMARK(alpha_beta);

// A sweep: every size by every algorithm and protocol, their prices made before.
void price_at(benchmark::State& state) {
  const Communicator c;
  const auto sizes = messages();
  Prices prices = c.candidates.prices(c.inputs);
  for (auto _ : state) {
    for (const Price& price : prices) {
      for (const Bytes size : sizes) {
        Seconds time = price.at(size);
        benchmark::DoNotOptimize(time);
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(prices.size() * kSizes));
}
BENCHMARK(price_at);

// New constants, same setting: what a fit and every trial of an interval pay. One item is a price.
void make_prices(benchmark::State& state) {
  const Communicator c;
  for (auto _ : state) {
    benchmark::DoNotOptimize(c.candidates.prices(c.inputs));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(c.candidates.size()));
}
BENCHMARK(make_prices);

// A new setting: the candidates, what NCCL says of them, and their prices.
void make_candidates(benchmark::State& state) {
  const Communicator c;
  for (auto _ : state) {
    const CandidateSet candidates(c.setting, Collective::kAllReduce, "", c.inputs);
    benchmark::DoNotOptimize(candidates.prices(c.inputs));
  }
}
BENCHMARK(make_candidates)->Unit(benchmark::kMicrosecond);

// A whole answer: 30 sizes with intervals and what drives them.
void curve_with_intervals(benchmark::State& state) {
  const Communicator c;
  Question q;
  q.collective = kCollectives[static_cast<std::size_t>(state.range(0))].id;
  q.ranks = 100000;
  q.bytes = octaves();
  for (auto _ : state) {
    benchmark::DoNotOptimize(predict(c.cluster, q, c.model));
  }
  state.SetLabel(std::string(name(q.collective)));
}
BENCHMARK(curve_with_intervals)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

// Reading a cluster and the shipped constants: paid once per run of the program.
void load(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(load_cluster("colossus-100k"));
    benchmark::DoNotOptimize(published_model());
  }
}
BENCHMARK(load)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fabricast

BENCHMARK_MAIN();
