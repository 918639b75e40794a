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

// All rounds of one method together.
struct Times {
  std::vector<double> us;

  void add(const std::vector<double>& round) { us.insert(us.end(), round.begin(), round.end()); }
  [[nodiscard]] double at(double p) {
    std::sort(us.begin(), us.end());
    return quantile(us, p);
  }
};

}  // namespace

// Another program on the machine delays whole time slices, and a loop that never sleeps more than
// one that does. So the calm part decides, the 10th percentile; medians are printed beside it.
int main() {
  // The library allocates temporary buffers in each call. Whether malloc gives them back to the
  // system in between depends on what the program freed before: settled here, the same for both.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  MpiControl control;
  constexpr double kAllowed = 1.5;
  bool agrees = true;
  for (const std::size_t count : {2U, 256U, 16384U, 262144U}) {
    Times plain;
    Times ours;
    for (int round = 0; round < 5; ++round) {
      plain.add(plain_loop_us(count));
      ours.add(sampler_us(control, count));
    }
    const double ratio = control.max(ours.at(0.1) / plain.at(0.1));
    agrees = agrees && ratio < kAllowed && ratio > 1 / kAllowed;
    if (control.is_root()) {
      fmt::print(
          "{:>8} B  median: sampler {:.2f}, plain loop {:.2f} us; 10th percentile: {:.2f}, "
          "{:.2f} us, ratio {:.2f}\n",
          count * 4,
          ours.at(0.5),
          plain.at(0.5),
          ours.at(0.1),
          plain.at(0.1),
          ratio);
    }
  }
  if (control.oversubscribed()) {
    return 77;  // waiting for a processor is all that either would see
  }
  return agrees ? 0 : 1;
}
