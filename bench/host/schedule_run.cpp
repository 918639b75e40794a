#include "bench/host/schedule_run.hpp"

#include "bench/host/buffer.hpp"
#include "bench/host/tile.hpp"
#include "bench/mpi_call.hpp"
#include "bench/patterns/payload.hpp"
#include "core/error.hpp"
#include "core/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <list>
#include <span>
#include <utility>
#include <vector>

namespace fabricast {

namespace {

/// A communicator of a schedule, and the payload pattern of its size.
class HostGroup {
 public:
  HostGroup(const Group& group, const ScheduleRunContext& context)
      : group_(group), pattern_(context.type, group.ranks) {
    int rank = 0;
    MPI_Comm_rank(context.communicator, &rank);
    check_mpi(MPI_Comm_split(context.communicator, group.color, rank, &communicator_),
              "MPI_Comm_split");
    MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN);
  }
  ~HostGroup() { MPI_Comm_free(&communicator_); }
  HostGroup(const HostGroup&) = delete;
  HostGroup& operator=(const HostGroup&) = delete;

  [[nodiscard]] const Group& group() const { return group_; }
  [[nodiscard]] const Pattern& pattern() const { return pattern_; }
  [[nodiscard]] MPI_Comm communicator() const { return communicator_; }

 private:
  Group group_;
  Pattern pattern_;
  MPI_Comm communicator_ = MPI_COMM_NULL;
};

/// Of an all-to-all-v, as MPI wants it.
struct Displacements {
  std::vector<int> counts;
  std::vector<int> offsets;
};

/// A transfer with its buffers, payload and request.
class HostTransfer {
 public:
  HostTransfer(const Transfer& transfer, const HostGroup& group, const ScheduleRunContext& context)
      : transfer_(transfer),
        group_(group),
        type_(context.mpi_type),
        sum_(context.sum),
        send_(size_of(transfer, group.group()).send, context.type),
        receive_(size_of(transfer, group.group()).receive, context.type),
        payload_(transfer, group.group(), group.pattern()) {
    const auto me = static_cast<std::size_t>(group.group().rank);
    for (std::size_t other = 0; other < payload_.send_offsets().size(); ++other) {
      sent_.counts.push_back(static_cast<int>(payload_.traffic(me, other)));
      sent_.offsets.push_back(static_cast<int>(payload_.send_offsets()[other]));
      received_.counts.push_back(static_cast<int>(payload_.traffic(other, me)));
      received_.offsets.push_back(static_cast<int>(payload_.receive_offsets()[other]));
    }
  }

  void fill(std::uint64_t iteration) {
    send_.fill(payload_.sent(iteration, group_.pattern().tables()));
    receive_.poison();
  }

  [[nodiscard]] std::uint64_t wrong_elements(std::uint64_t iteration) const {
    std::uint64_t wrong = send_.broken_guards() + receive_.broken_guards();
    for (const auto& block : payload_.expected(iteration, group_.pattern().tables())) {
      wrong += receive_.wrong(block.view, block.first, block.elements);
    }
    return wrong;
  }

  [[nodiscard]] GuardedBuffer& received() { return receive_; }

  void start() { check_mpi(issue(), "non-blocking MPI transfer"); }
  [[nodiscard]] bool test() {
    int done = 0;
    check_mpi(MPI_Test(&request_, &done, MPI_STATUS_IGNORE), "MPI_Test");
    return done != 0;
  }
  void wait(const PoliteWait& polite) { polite.all(std::span(&request_, 1)); }

 private:
  int issue() {
    const int count = static_cast<int>(transfer_.count);
    const MPI_Comm group = group_.communicator();
    const int tag = static_cast<int>(transfer_.id);
    switch (transfer_.kind) {
      case TransferKind::kAllReduce:
        return MPI_Iallreduce(send_.data(), receive_.data(), count, type_, sum_, group, &request_);
      case TransferKind::kAllGather:
        return MPI_Iallgather(
            send_.data(), count, type_, receive_.data(), count, type_, group, &request_);
      case TransferKind::kReduceScatter:
        return MPI_Ireduce_scatter_block(
            send_.data(), receive_.data(), count, type_, sum_, group, &request_);
      case TransferKind::kAllToAllV:
        return MPI_Ialltoallv(send_.data(),
                              sent_.counts.data(),
                              sent_.offsets.data(),
                              type_,
                              receive_.data(),
                              received_.counts.data(),
                              received_.offsets.data(),
                              type_,
                              group,
                              &request_);
      case TransferKind::kSend:
        return MPI_Isend(send_.data(), count, type_, transfer_.peer, tag, group, &request_);
      case TransferKind::kReceive:
        return MPI_Irecv(receive_.data(), count, type_, transfer_.peer, tag, group, &request_);
    }
    return MPI_ERR_OP;
  }

  const Transfer& transfer_;
  const HostGroup& group_;
  MPI_Datatype type_;
  MPI_Op sum_;
  GuardedBuffer send_;
  GuardedBuffer receive_;
  TransferPayload payload_;
  Displacements sent_;
  Displacements received_;
  MPI_Request request_ = MPI_REQUEST_NULL;
};

/// The transfers under way, and for how long there was any.
class Flight {
 public:
  explicit Flight(const PoliteWait& polite) : polite_(polite) {}

  void start(HostTransfer& transfer) {
    if (under_way_.empty()) {
      since_ = MPI_Wtime();
    }
    transfer.start();
    under_way_.push_back(&transfer);
  }

  /// Lets MPI work, and takes note of what has ended.
  void look_after() {
    if (!under_way_.empty()) {
      std::erase_if(under_way_, [](HostTransfer* transfer) { return transfer->test(); });
      note_end();
    }
  }

  void wait(HostTransfer& transfer) {
    const auto found = std::find(under_way_.begin(), under_way_.end(), &transfer);
    if (found != under_way_.end()) {
      transfer.wait(polite_);
      under_way_.erase(found);
      note_end();
    }
  }

  [[nodiscard]] Seconds busy() const { return Seconds(busy_); }

 private:
  void note_end() {
    if (under_way_.empty()) {
      busy_ += MPI_Wtime() - since_;
    }
  }

  const PoliteWait& polite_;
  std::vector<HostTransfer*> under_way_;
  double since_ = 0;
  double busy_ = 0;
};

class ScheduleRun final : public ScheduleOperation {
 public:
  ScheduleRun(TrainingSchedule schedule, SchedulePart part, const ScheduleRunContext& context)
      : schedule_(std::move(schedule)), part_(part), wait_(context.wait) {
    for (const Group& group : schedule_.groups) {
      groups_.emplace_back(group, context);
    }
    if (part_ == SchedulePart::kCompute) {
      return;  // needs no buffers
    }
    for (const Transfer& transfer : schedule_.transfers) {
      transfers_.emplace_back(
          transfer, *std::next(groups_.begin(), group_index(transfer)), context);
      by_index_.push_back(&transfers_.back());
    }
  }

  void fill(std::uint64_t iteration) override {
    for (auto& transfer : transfers_) {
      transfer.fill(iteration);
    }
  }

  std::vector<RankTime> run() override {
    Flight flight(wait_);
    Seconds compute;
    const double start = MPI_Wtime();
    for (const Step& step : schedule_.steps) {
      if (step.kind == Step::Kind::kCompute) {
        if (part_ != SchedulePart::kCommunication) {
          compute += multiply(step.tiles, flight);
        }
      } else if (part_ != SchedulePart::kCompute) {
        HostTransfer& transfer = *by_index_[step.transfer];
        step.kind == Step::Kind::kStart ? flight.start(transfer) : flight.wait(transfer);
      }
    }
    const Seconds total(MPI_Wtime() - start);
    busy_.push_back({compute, flight.busy()});
    return {{total}};
  }

  std::uint64_t wrong_elements(std::uint64_t iteration) override {
    std::uint64_t wrong = 0;
    for (const auto& transfer : transfers_) {
      wrong += transfer.wrong_elements(iteration);
    }
    return wrong;
  }

  void flip_bit(std::uint64_t random) override {
    std::uint64_t bits = 0;
    for (auto& transfer : transfers_) {
      bits += transfer.received().bytes() * 8;
    }
    std::uint64_t bit = bits == 0 ? 0 : random % bits;
    for (auto& transfer : transfers_) {
      const std::uint64_t here = transfer.received().bytes() * 8;
      if (bit < here) {
        transfer.received().data()[bit / 8] ^= std::byte{1} << (bit % 8);
        return;
      }
      bit -= here;
    }
  }

  [[nodiscard]] const std::vector<Busy>& busy() const override { return busy_; }

 private:
  static std::ptrdiff_t group_index(const Transfer& transfer) {
    return static_cast<std::ptrdiff_t>(transfer.group);
  }

  // MPI moves most messages only inside its calls: one between two tiles keeps them going, and is
  // not part of the time of the products.
  Seconds multiply(std::uint64_t tiles, Flight& flight) {
    double spent = 0;
    for (std::uint64_t i = 0; i < tiles; ++i) {
      const double start = MPI_Wtime();
      tile_.multiply();
      spent += MPI_Wtime() - start;
      flight.look_after();
    }
    return Seconds(spent);
  }

  TrainingSchedule schedule_;
  SchedulePart part_;
  const PoliteWait& wait_;
  Tile tile_;
  std::list<HostGroup> groups_;  // lists: their members are referred to and never move
  std::list<HostTransfer> transfers_;
  std::vector<HostTransfer*> by_index_;
  std::vector<Busy> busy_;
};

void refuse_too_large(const TrainingSchedule& schedule) {
  for (const Transfer& transfer : schedule.transfers) {
    const TransferSize size = size_of(transfer, schedule.groups[transfer.group]);
    if (std::max(size.send, size.receive) > INT_MAX) {
      throw Error(fmt::format("a transfer of {} elements is beyond MPI's counts",
                              std::max(size.send, size.receive)),
                  "",
                  "a smaller --scale");
    }
  }
}

}  // namespace

std::unique_ptr<ScheduleOperation> make_schedule_run(TrainingSchedule schedule,
                                                     SchedulePart part,
                                                     const ScheduleRunContext& context) {
  refuse_too_large(schedule);
  return std::make_unique<ScheduleRun>(std::move(schedule), part, context);
}

}  // namespace fabricast
