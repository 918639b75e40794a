#include "bench/mpi_control.hpp"

#include "bench/backends/mpi.hpp"
#include "bench/mpi_call.hpp"

#include <array>
#include <cstdlib>
#include <sched.h>

namespace fabricast {

namespace {

// Each rank may be bound to its own processor: what the host offers is the union of the masks.
int processors_of(MPI_Comm host) {
  cpu_set_t mine;
  cpu_set_t all;
  CPU_ZERO(&mine);
  sched_getaffinity(0, sizeof mine, &mine);
  check_mpi(MPI_Allreduce(&mine, &all, sizeof mine, MPI_BYTE, MPI_BOR, host), "MPI_Allreduce");
  return CPU_COUNT(&all);
}

}  // namespace

MpiControl::MpiControl() {
  check_mpi(MPI_Init(nullptr, nullptr), "MPI_Init");
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &communicator_), "MPI_Comm_dup");
  MPI_Comm_rank(communicator_, &process_);
  MPI_Comm_size(communicator_, &processes_);

  MPI_Comm host = MPI_COMM_NULL;
  check_mpi(
      MPI_Comm_split_type(communicator_, MPI_COMM_TYPE_SHARED, process_, MPI_INFO_NULL, &host),
      "MPI_Comm_split_type");
  MPI_Comm_rank(host, &local_process_);
  MPI_Comm_size(host, &local_processes_);
  host_processors_ = processors_of(host);
  MPI_Comm_free(&host);

  int crowded = local_processes_ > host_processors_ ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &crowded, 1, MPI_INT, MPI_MAX, communicator_),
            "MPI_Allreduce");
  oversubscribed_ = crowded != 0;
  wait_ = PoliteWait(oversubscribed_);
}

MpiControl::~MpiControl() {
  MPI_Comm_free(&communicator_);
  MPI_Finalize();
}

void MpiControl::finish(MPI_Request request) const { wait_.all(std::span(&request, 1)); }

void MpiControl::barrier() {
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Ibarrier(communicator_, &request), "MPI_Ibarrier");
  finish(request);
  // A polite wait ends up to a sleep late on some rank. With a processor each, a second, polling
  // barrier brings the ranks together to below a microsecond.
  if (!oversubscribed_) {
    check_mpi(MPI_Barrier(communicator_), "MPI_Barrier");
  }
}

void MpiControl::max_each(std::span<double> values) {
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Iallreduce(MPI_IN_PLACE,
                           values.data(),
                           static_cast<int>(values.size()),
                           MPI_DOUBLE,
                           MPI_MAX,
                           communicator_,
                           &request),
            "MPI_Iallreduce");
  finish(request);
}

std::uint64_t MpiControl::sum(std::uint64_t value) {
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Iallreduce(MPI_IN_PLACE, &value, 1, MPI_UINT64_T, MPI_SUM, communicator_, &request),
            "MPI_Iallreduce");
  finish(request);
  return value;
}

void MpiControl::broadcast(void* data, std::size_t bytes) {
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Ibcast(data, static_cast<int>(bytes), MPI_BYTE, 0, communicator_, &request),
            "MPI_Ibcast");
  finish(request);
}

std::vector<double> MpiControl::gather(const std::vector<double>& local) {
  std::vector<double> all(is_root() ? local.size() * static_cast<std::size_t>(processes_) : 0);
  const int count = static_cast<int>(local.size());
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Igather(local.data(),
                        count,
                        MPI_DOUBLE,
                        all.data(),
                        count,
                        MPI_DOUBLE,
                        0,
                        communicator_,
                        &request),
            "MPI_Igather");
  finish(request);
  return all;
}

void MpiControl::abort(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

std::string why_no_mpi() { return ""; }

std::unique_ptr<Control> make_mpi_control() { return std::make_unique<MpiControl>(); }

}  // namespace fabricast
