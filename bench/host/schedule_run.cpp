#include "bench/host/schedule_run.hpp"

#include "bench/host/buffer.hpp"
#include "bench/host/tile.hpp"
#include "bench/mpi_call.hpp"
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

/// Elements that come from one source.
struct ExpectedBlock {
  std::uint64_t first = 0;
  std::uint64_t elements = 0;
  PatternView view;
};

/// Of an all-to-all-v, in elements.
struct Displacements {
  std::vector<int> counts;
  std::vector<int> offsets;

  void add(std::uint64_t count) {
    offsets.push_back(counts.empty() ? 0 : offsets.back() + counts.back());
    counts.push_back(static_cast<int>(count));
  }
};

std::optional<Collective> collective_of(TransferKind kind) {
  switch (kind) {
    case TransferKind::kAllReduce:
      return Collective::kAllReduce;
    case TransferKind::kAllGather:
      return Collective::kAllGather;
    case TransferKind::kReduceScatter:
      return Collective::kReduceScatter;
    default:
      return std::nullopt;
  }
}

/// A transfer with its buffers, payload and request.
class HostTransfer {
 public:
  HostTransfer(const Transfer& transfer, const HostGroup& group, const ScheduleRunContext& context)
      : transfer_(transfer),
        group_(group),
        type_(context.mpi_type),
        sum_(context.sum),
        send_(size_of(transfer, group.group()).send, context.type),
        receive_(size_of(transfer, group.group()).receive, context.type) {
    for (std::size_t other = 0; other < transfer.traffic.size() / ranks(); ++other) {
      sent_.add(traffic(rank(), other));
      received_.add(traffic(other, rank()));
    }
  }

  void fill(std::uint64_t iteration) {
    send_.fill(sent(iteration));
    receive_.poison();
  }

  [[nodiscard]] std::uint64_t wrong_elements(std::uint64_t iteration) const {
    std::uint64_t wrong = send_.broken_guards() + receive_.broken_guards();
    for (const auto& block : expected(iteration)) {
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
  [[nodiscard]] std::size_t rank() const { return static_cast<std::size_t>(group_.group().rank); }
  [[nodiscard]] std::size_t ranks() const { return static_cast<std::size_t>(group_.group().ranks); }
  [[nodiscard]] std::uint64_t traffic(std::size_t from, std::size_t to) const {
    return transfer_.traffic[from * ranks() + to];
  }

  // Offsets far apart, so that the payload of another transfer or of another group is wrong.
  [[nodiscard]] std::uint64_t salt() const {
    return transfer_.id * 1'000'003 + static_cast<std::uint64_t>(group_.group().color) * 7'368'787;
  }

  [[nodiscard]] PatternView moved(std::size_t source,
                                  std::uint64_t offset,
                                  std::uint64_t iteration) const {
    return {.first_source = source, .first_offset = salt() + offset, .iteration = iteration};
  }

  [[nodiscard]] PatternView sent(std::uint64_t iteration) const {
    const auto collective = collective_of(transfer_.kind);
    if (!collective) {
      return moved(rank(), 0, iteration);
    }
    const Pattern& p = group_.pattern();
    PatternView view = p.sent(*collective, group_.group().rank, iteration, p.tables());
    view.first_offset += salt();
    return view;
  }

  [[nodiscard]] std::vector<ExpectedBlock> expected(std::uint64_t iteration) const {
    if (const auto collective = collective_of(transfer_.kind)) {
      const Pattern& p = group_.pattern();
      PatternView view =
          p.received(*collective, group_.group().rank, transfer_.count, iteration, p.tables());
      view.first_offset += salt();
      return {
          {0, receive_.elements(), view}
      };
    }
    if (transfer_.kind != TransferKind::kAllToAllV) {
      return {
          {0, receive_.elements(), moved(static_cast<std::size_t>(transfer_.peer), 0, iteration)}
      };
    }
    std::vector<ExpectedBlock> blocks;
    for (std::size_t source = 0; source < ranks(); ++source) {
      std::uint64_t before = 0;  // what the source sends to ranks below this one
      for (std::size_t to = 0; to < rank(); ++to) {
        before += traffic(source, to);
      }
      blocks.push_back({static_cast<std::uint64_t>(received_.offsets[source]),
                        traffic(source, rank()),
                        moved(source, before, iteration)});
    }
    return blocks;
  }

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
