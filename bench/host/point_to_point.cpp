#include "bench/host/point_to_point.hpp"

#include "bench/mpi_call.hpp"

#include <algorithm>
#include <array>

namespace fabricast {

namespace {
constexpr int kTag = 1;
}

PointToPoint::PointToPoint(MPI_Comm communicator, PoliteWait wait)
    : communicator_(communicator), wait_(wait) {
  MPI_Comm_rank(communicator_, &rank_);
  MPI_Comm_size(communicator_, &ranks_);
}

void PointToPoint::send(Block block, int to) { exchange(block, to, {}, MPI_PROC_NULL); }

void PointToPoint::receive(Block block, int from) { exchange({}, MPI_PROC_NULL, block, from); }

void PointToPoint::exchange(Block out, int to, Block in, int from) {
  std::array requests{MPI_REQUEST_NULL, MPI_REQUEST_NULL};
  check_mpi(MPI_Irecv(in.data,
                      static_cast<int>(in.bytes),
                      MPI_BYTE,
                      from,
                      kTag,
                      communicator_,
                      requests.data()),
            "MPI_Irecv");
  check_mpi(MPI_Isend(out.data,
                      static_cast<int>(out.bytes),
                      MPI_BYTE,
                      to,
                      kTag,
                      communicator_,
                      requests.data() + 1),
            "MPI_Isend");
  wait_.all(requests);
  ++steps_;
  wire_bytes_ += std::max(out.bytes, in.bytes);
}

}  // namespace fabricast
