#include "bench/backends/mpi.hpp"
#include "bench/host/algorithms.hpp"
#include "bench/host/buffer.hpp"
#include "bench/host/reduce.hpp"
#include "bench/host/schedule_run.hpp"
#include "bench/machine.hpp"
#include "bench/mpi_call.hpp"
#include "bench/mpi_control.hpp"
#include "core/names.hpp"

#include <fmt/format.h>

#include <array>
#include <climits>
#include <functional>
#include <utility>
#include <vector>

namespace fabricast {

namespace {

constexpr std::string_view kLibrary = "library";

// How MPI sees an element type: those it does not know are bytes with our own operators.
struct MpiType {
  MPI_Datatype type = MPI_DATATYPE_NULL;
  std::array<MPI_Op, kReduceOps.size()> ops{};
};

constexpr std::array kOwnTypes{
    DataType::kFloat16, DataType::kBfloat16, DataType::kFloat8E4M3, DataType::kFloat8E5M2};
constexpr std::array kMpiOps{ReduceOp::kSum, ReduceOp::kProd, ReduceOp::kMin, ReduceOp::kMax};

template <ReduceOp Op, DataType T>
void reduce_function(void* in, void* inout, int* count, MPI_Datatype* /*type*/) {
  reduce(Op,
         T,
         static_cast<std::byte*>(inout),
         static_cast<const std::byte*>(in),
         static_cast<std::uint64_t>(*count));
}

class MpiTypes {
 public:
  MpiTypes() {
    types_.fill({
        MPI_DATATYPE_NULL, {MPI_SUM, MPI_PROD, MPI_MIN, MPI_MAX, MPI_OP_NULL, MPI_OP_NULL}
    });
    at(DataType::kFloat32).type = MPI_FLOAT;
    at(DataType::kFloat64).type = MPI_DOUBLE;
    at(DataType::kInt8).type = MPI_INT8_T;
    at(DataType::kUint8).type = MPI_UINT8_T;
    at(DataType::kInt32).type = MPI_INT32_T;
    at(DataType::kUint32).type = MPI_UINT32_T;
    at(DataType::kInt64).type = MPI_INT64_T;
    at(DataType::kUint64).type = MPI_UINT64_T;
    define_own(std::make_index_sequence<kOwnTypes.size()>());
  }
  ~MpiTypes() {
    for (const DataType t : kOwnTypes) {
      for (const ReduceOp op : kMpiOps) {
        MPI_Op_free(&at(t).ops[static_cast<std::size_t>(op)]);
      }
      MPI_Type_free(&at(t).type);
    }
  }
  MpiTypes(const MpiTypes&) = delete;
  MpiTypes& operator=(const MpiTypes&) = delete;

  MpiType& at(DataType t) { return types_[static_cast<std::size_t>(t)]; }

 private:
  template <std::size_t... I>
  void define_own(std::index_sequence<I...> /*types*/) {
    (define<kOwnTypes[I]>(std::make_index_sequence<kMpiOps.size()>()), ...);
  }
  template <DataType T, std::size_t... I>
  void define(std::index_sequence<I...> /*operators*/) {
    MpiType& own = at(T);
    check_mpi(MPI_Type_contiguous(info(T).bytes, MPI_BYTE, &own.type), "MPI_Type_contiguous");
    check_mpi(MPI_Type_commit(&own.type), "MPI_Type_commit");
    (check_mpi(
         MPI_Op_create(
             reduce_function<kMpiOps[I], T>, 1, &own.ops[static_cast<std::size_t>(kMpiOps[I])]),
         "MPI_Op_create"),
     ...);
  }

  std::array<MpiType, kDataTypes.size()> types_{};
};

// One call of the library: what a row of the table below gets.
struct LibraryCall {
  const void* send;
  void* receive;
  int count;
  MPI_Datatype type;
  MPI_Op op;
  MPI_Comm communicator;
  int rank;
  int ranks;
};

struct LibraryCollective {
  Collective collective;
  int (*run)(const LibraryCall& c);
};

// The root's data is copied in outside the timed call (see HostOperation::fill): MPI_Bcast has one
// buffer.
constexpr std::array kLibraryCollectives{
    LibraryCollective{Collective::kAllReduce,
                      [](const LibraryCall& c) {
                        return MPI_Allreduce(
                            c.send, c.receive, c.count, c.type, c.op, c.communicator);
                      }},
    LibraryCollective{Collective::kAllGather,
                      [](const LibraryCall& c) {
                        return MPI_Allgather(
                            c.send, c.count, c.type, c.receive, c.count, c.type, c.communicator);
                      }},
    LibraryCollective{Collective::kReduceScatter,
                      [](const LibraryCall& c) {
                        return MPI_Reduce_scatter_block(
                            c.send, c.receive, c.count, c.type, c.op, c.communicator);
                      }},
    LibraryCollective{Collective::kAllToAll,
                      [](const LibraryCall& c) {
                        return MPI_Alltoall(
                            c.send, c.count, c.type, c.receive, c.count, c.type, c.communicator);
                      }},
    LibraryCollective{Collective::kBroadcast,
                      [](const LibraryCall& c) {
                        return MPI_Bcast(c.receive, c.count, c.type, 0, c.communicator);
                      }},
    LibraryCollective{Collective::kReduce,
                      [](const LibraryCall& c) {
                        return MPI_Reduce(
                            c.send, c.receive, c.count, c.type, c.op, 0, c.communicator);
                      }},
    LibraryCollective{Collective::kGather,
                      [](const LibraryCall& c) {
                        return MPI_Gather(
                            c.send, c.count, c.type, c.receive, c.count, c.type, 0, c.communicator);
                      }},
    LibraryCollective{Collective::kScatter,
                      [](const LibraryCall& c) {
                        return MPI_Scatter(
                            c.send, c.count, c.type, c.receive, c.count, c.type, 0, c.communicator);
                      }},
    LibraryCollective{Collective::kSendRecv,
                      [](const LibraryCall& c) {
                        return MPI_Sendrecv(c.send,
                                            c.count,
                                            c.type,
                                            (c.rank + 1) % c.ranks,
                                            0,
                                            c.receive,
                                            c.count,
                                            c.type,
                                            (c.rank + c.ranks - 1) % c.ranks,
                                            0,
                                            c.communicator,
                                            MPI_STATUS_IGNORE);
                      }},
};

const LibraryCollective* find_library(Collective collective) {
  for (const auto& row : kLibraryCollectives) {
    if (row.collective == collective) {
      return &row;
    }
  }
  return nullptr;
}

const HostAlgorithm* find_host(const Case& c) {
  for (const auto& row : kHostAlgorithms) {
    if (row.collective == c.collective && row.name == c.algorithm) {
      return &row;
    }
  }
  return nullptr;
}

// Where a rank's data lie in its one buffer when the result overwrites them. MPI's reduce-scatter
// leaves the result at the start, not in the rank's own block.
InPlace mpi_in_place(Collective c, int rank, int ranks, std::uint64_t count) {
  InPlace place = in_place(c, rank, ranks, count);
  if (c == Collective::kReduceScatter) {
    place.receive_at = 0;
  }
  return place;
}

// Buffers, pattern and check, the same for the library's collectives and for ours.
class HostOperation final : public Operation {
 public:
  using Call = std::function<void(const void* send, void* receive)>;

  HostOperation(const Case& c, int rank, int ranks, Call call)
      : case_(c),
        rank_(rank),
        size_(extents(c.collective, rank, ranks, c.count)),
        place_(c.in_place ? mpi_in_place(c.collective, rank, ranks, c.count) : InPlace{}),
        pattern_(c.type, ranks, c.op),
        send_(c.in_place ? 0 : size_.send, c.type),
        receive_(c.in_place ? place_.elements : size_.receive, c.type),
        call_(std::move(call)) {}

  void fill(std::uint64_t iteration) override {
    const PatternView sent = pattern_.sent(case_.collective, rank_, iteration, pattern_.tables());
    receive_.poison();
    if (case_.in_place) {
      receive_.fill(sent, place_.send_at, size_.send);
      return;
    }
    send_.fill(sent);
    if (case_.collective == Collective::kBroadcast && rank_ == 0) {
      receive_.fill(sent);
    }
  }

  std::vector<RankTime> run() override {
    const void* send = case_.in_place ? in_place_send() : send_.data();
    void* receive = case_.in_place ? in_place_receive() : receive_.data();
    const double start = MPI_Wtime();
    call_(send, receive);
    return {{Seconds(MPI_Wtime() - start)}};
  }

  std::uint64_t wrong_elements(std::uint64_t iteration) override {
    const PatternView expected =
        pattern_.received(case_.collective, rank_, case_.count, iteration, pattern_.tables());
    return receive_.wrong(expected, place_.receive_at, size_.receive) + receive_.broken_guards() +
           send_.broken_guards();
  }

  void flip_bit(std::uint64_t random) override {
    const auto width = static_cast<std::uint64_t>(info(case_.type).bytes);
    if (size_.receive > 0) {
      const std::uint64_t bit = random % (size_.receive * width * 8);
      receive_.data()[place_.receive_at * width + bit / 8] ^= std::byte{1} << (bit % 8);
    }
  }

 private:
  // Of rooted collectives only the root has both sides.
  [[nodiscard]] const void* in_place_send() const {
    const bool marked = info(case_.collective).rooted
                            ? rank_ == 0 && case_.collective != Collective::kScatter
                            : true;
    return marked ? MPI_IN_PLACE : receive_.data();
  }
  [[nodiscard]] void* in_place_receive() {
    const bool marked = case_.collective == Collective::kScatter && rank_ == 0;
    return marked ? MPI_IN_PLACE : receive_.data();
  }

  Case case_;
  int rank_;
  Extents size_;
  InPlace place_;
  Pattern pattern_;
  GuardedBuffer send_;     // empty in place
  GuardedBuffer receive_;  // in place both sides
  Call call_;
};

std::string mpi_library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string whole(text, static_cast<std::size_t>(length));
  return whole.substr(0, whole.find_first_of(",\n"));
}

class MpiBackend final : public Backend {
 public:
  MpiBackend(MpiControl& control, int ranks_per_node)
      : control_(control),
        layout_{control.processes(), ranks_per_node > 0 ? ranks_per_node : smallest_host(control)},
        link_(control.communicator(), control.wait()) {
    if (layout_.ranks % layout_.per_node != 0) {
      throw Error(
          fmt::format("{} ranks do not divide into nodes of {}", layout_.ranks, layout_.per_node),
          "",
          "a number of ranks per node that divides the number of ranks");
    }
    MPI_Comm_dup(control.communicator(), &communicator_);
  }
  ~MpiBackend() override { MPI_Comm_free(&communicator_); }
  MpiBackend(const MpiBackend&) = delete;
  MpiBackend& operator=(const MpiBackend&) = delete;

  [[nodiscard]] std::string name() const override { return "mpi"; }
  [[nodiscard]] int ranks() const override { return layout_.ranks; }
  [[nodiscard]] int local_ranks() const override { return 1; }
  [[nodiscard]] int ranks_per_node() const override { return layout_.per_node; }
  [[nodiscard]] int processors() const override { return control_.host_processors(); }
  [[nodiscard]] bool oversubscribed() const override { return control_.oversubscribed(); }
  [[nodiscard]] std::string machine() const override { return processor_name(); }
  [[nodiscard]] std::map<std::string, std::string> versions() const override {
    return {
        {"mpi", mpi_library_version()}
    };
  }

  [[nodiscard]] std::vector<Offer> offers() const override {
    std::vector<Offer> list;
    for (const auto& row : kLibraryCollectives) {
      Offer offer{row.collective, {std::string(kLibrary)}};
      for (auto& textbook : textbook_names(row.collective)) {
        offer.algorithms.push_back(std::move(textbook));
      }
      list.push_back(std::move(offer));
    }
    return list;
  }

  [[nodiscard]] std::string why_not(const Case& c) const override {
    if (c.algorithm == "hierarchical" && layout_.per_node == layout_.ranks) {
      return "hierarchical needs several nodes: --ranks-per-node K forms pretended ones";
    }
    if (c.op == ReduceOp::kAvg || c.op == ReduceOp::kPreMulSum) {
      return fmt::format("MPI has no {}", fabricast::name(c.op));
    }
    if (c.in_place && c.algorithm != kLibrary) {
      return "only the library runs in place";
    }
    const auto n = static_cast<std::uint64_t>(layout_.ranks);
    if (c.count * n * static_cast<std::uint64_t>(info(c.type).bytes) > INT_MAX) {
      return "MPI counts are limited to 2 GiB of buffer per rank";
    }
    return "";
  }

  [[nodiscard]] std::uint64_t available_memory() const override {
    return fabricast::available_memory();
  }

  [[nodiscard]] std::uint64_t buffer_bytes(const Case& c) const override {
    const Extents root = extents(c.collective, 0, layout_.ranks, c.count);
    // Our algorithms keep up to two blocks of scratch.
    return (root.send + root.receive + 2 * c.count) *
           static_cast<std::uint64_t>(info(c.type).bytes);
  }

  [[nodiscard]] std::unique_ptr<Operation> prepare(const Case& c) override {
    return std::make_unique<HostOperation>(c, control_.process(), layout_.ranks, call_for(c));
  }

  [[nodiscard]] std::string why_no_schedules() const override { return ""; }

  [[nodiscard]] std::unique_ptr<ScheduleOperation> prepare_schedule(
      const MakeTrainingSchedule& make, DataType type, SchedulePart part) override {
    const MpiType& mpi = types_.at(type);
    const MPI_Op sum = mpi.ops[static_cast<std::size_t>(ReduceOp::kSum)];
    return make_schedule_run(
        make(control_.process()), part, {communicator_, control_.wait(), type, mpi.type, sum});
  }

  [[nodiscard]] std::vector<std::string> warnings() const override {
    std::vector<std::string> list;
    if (layout_.ranks == 1) {
      list.emplace_back(
          "one rank: nothing crosses a link; the time is the call itself, so no bandwidth is "
          "given");
    }
    if (control_.oversubscribed()) {
      list.push_back(fmt::format(
          "oversubscribed: {} ranks share {} processors; times include waiting for a processor",
          control_.local_processes(),
          control_.host_processors()));
    }
    return list;
  }

 private:
  // Pretended or real, nodes are equal blocks; hosts with different numbers of ranks count as one.
  static int smallest_host(MpiControl& control) {
    const int smallest = static_cast<int>(control.min(control.local_processes()));
    const int largest = static_cast<int>(control.max(control.local_processes()));
    return smallest == largest ? smallest : control.processes();
  }

  HostOperation::Call call_for(const Case& c) {
    if (c.algorithm == kLibrary) {
      const LibraryCollective* row = find_library(c.collective);
      const MpiType& type = types_.at(c.type);
      return [this,
              row,
              type = type.type,
              op = type.ops[static_cast<std::size_t>(c.op)],
              count = static_cast<int>(c.count)](const void* send, void* receive) {
        check_mpi(
            row->run(
                {send, receive, count, type, op, communicator_, control_.process(), layout_.ranks}),
            "MPI collective");
      };
    }
    const HostAlgorithm* row = find_host(c);
    if (row == nullptr) {
      throw unknown_name(std::string(fabricast::name(c.collective)) + " algorithm",
                         c.algorithm,
                         textbook_names(c.collective));
    }
    return [this, row, c](const void* send, void* receive) {
      row->run({link_,
                layout_,
                c.type,
                c.count,
                static_cast<const std::byte*>(send),
                static_cast<std::byte*>(receive),
                scratch_,
                c.op});
    };
  }

  MpiControl& control_;
  Layout layout_;
  MPI_Comm communicator_ = MPI_COMM_NULL;
  MpiTypes types_;
  PointToPoint link_;
  std::vector<std::byte> scratch_;
};

}  // namespace

std::unique_ptr<Backend> make_mpi_backend(Control& control, int ranks_per_node) {
  return std::make_unique<MpiBackend>(dynamic_cast<MpiControl&>(control), ranks_per_node);
}

}  // namespace fabricast
