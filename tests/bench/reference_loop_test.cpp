// The sampler's median of MPI_Allreduce against the plainest loop that anybody would write, on the
// same ranks, in turns. Started by mpirun.

#include "bench/backends/mpi.hpp"
#include "bench/host/buffer.hpp"
#include "bench/mpi_control.hpp"
#include "bench/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <malloc.h>
#include <vector>

namespace {

using namespace fabricast;

std::vector<double> plain_loop_us(std::size_t count) {
  // Where buffers lie changes copies by a factor of two: the same kind of buffer for both.
  GuardedBuffer send(count, DataType::kFloat32);
  GuardedBuffer receive(count, DataType::kFloat32);
  const Pattern pattern(DataType::kFloat32, 2);
  send.fill(pattern.sent(Collective::kAllReduce, 0, 0, pattern.tables()));
  std::vector<double> times;
  for (int i = 0; i < 220; ++i) {
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = MPI_Wtime();
    MPI_Allreduce(
        send.data(), receive.data(), static_cast<int>(count), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    double mine = MPI_Wtime() - start;
    double slowest = 0;
    MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (i >= 20) {
      times.push_back(slowest * 1e6);
    }
  }
  return times;
}

std::vector<double> sampler_us(MpiControl& control, std::size_t count) {
  const auto backend = make_mpi_backend(control, 0);
  const auto operation =
      backend->prepare({Collective::kAllReduce, "library", DataType::kFloat32, count});
  Watchdog watchdog(Seconds(60), "reference loop");
  const StoppingRule rule{.warmup = 20, .min_samples = 200, .max_samples = 200};
  return sample(*operation, control, rule, watchdog).slowest_us;
}

// The medians of one method's rounds. Each round has new buffers, and where those lie in memory
// moves a large message by a factor of two: the range of the rounds is the noise.
struct Rounds {
  std::vector<double> medians_us;

  void add(const std::vector<double>& samples) {
    medians_us.push_back(summarize(samples).median);
    std::sort(medians_us.begin(), medians_us.end());
  }
  [[nodiscard]] double least() const { return medians_us.front(); }
  [[nodiscard]] double most() const { return medians_us.back(); }
  [[nodiscard]] double middle() const { return quantile(medians_us, 0.5); }
};

// The sampler's calls go through two indirections and its ranks leave a politer barrier: up to half
// as much again for the smallest messages.
constexpr double kAllowed = 1.5;

bool agree(const Rounds& a, const Rounds& b) {
  return a.least() <= kAllowed * b.most() && b.least() <= kAllowed * a.most();
}

}  // namespace

int main() {
  // The library allocates temporary buffers in each call. Whether malloc gives them back to the
  // system in between depends on what the program freed before: settled here, the same for both.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  MpiControl control;
  double wrong = 0;
  for (const std::size_t count : {2U, 256U, 16384U, 262144U}) {
    Rounds plain;
    Rounds ours;
    for (int round = 0; round < 7; ++round) {
      plain.add(plain_loop_us(count));
      ours.add(sampler_us(control, count));
    }
    wrong += agree(plain, ours) ? 0 : 1;
    if (control.is_root()) {
      fmt::print(
          "{:>8} B  median of rounds: sampler {:.2f} us ({:.2f} to {:.2f}), plain loop {:.2f} us "
          "({:.2f} to {:.2f})\n",
          count * 4,
          ours.middle(),
          ours.least(),
          ours.most(),
          plain.middle(),
          plain.least(),
          plain.most());
    }
  }
  if (control.oversubscribed()) {
    return 77;  // waiting for a processor is all that either would see
  }
  return control.max(wrong) > 0 ? 1 : 0;
}
