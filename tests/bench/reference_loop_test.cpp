// The sampler's median of MPI_Allreduce against the plainest loop that anybody would write, on the
// same ranks, in turns. Started by mpirun.

#include "bench/backends/mpi.hpp"
#include "bench/mpi_control.hpp"
#include "bench/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace {

using namespace fabricast;

double plain_loop_us(std::size_t count) {
  std::vector<float> send(count, 1.0F);
  std::vector<float> receive(count);
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
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

double sampler_us(MpiControl& control, std::size_t count) {
  const auto backend = make_mpi_backend(control, 0);
  const auto operation =
      backend->prepare({Collective::kAllReduce, "library", DataType::kFloat32, count});
  Watchdog watchdog(Seconds(60), "reference loop");
  const StoppingRule rule{.warmup = 20, .min_samples = 200, .max_samples = 200};
  return summarize(sample(*operation, control, rule, watchdog).slowest_us).median;
}

}  // namespace

int main() {
  MpiControl control;
  bool agrees = true;
  for (const std::size_t count : {2U, 256U, 16384U, 262144U}) {
    double plain = 1e30;
    double ours = 1e30;
    for (int round = 0; round < 5; ++round) {  // other programs disturb: the calmest round of each
      plain = std::min(plain, plain_loop_us(count));
      ours = std::min(ours, sampler_us(control, count));
    }
    const double ratio = control.max(ours / plain);
    agrees = agrees && ratio < 1.5 && ratio > 1 / 1.5;
    if (control.is_root()) {
      fmt::print("{:>8} B  sampler {:9.2f} us  plain loop {:9.2f} us  ratio {:.2f}\n",
                 count * 4,
                 ours,
                 plain,
                 ratio);
    }
  }
  if (control.oversubscribed()) {
    return 77;  // waiting for a processor is all that either would see
  }
  return agrees ? 0 : 1;
}
