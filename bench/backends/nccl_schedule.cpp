#include "bench/backends/nccl_schedule.hpp"

#include "bench/backends/device_buffer.hpp"
#include "bench/backends/device_pattern.hpp"
#include "bench/backends/nccl_collectives.hpp"
#include "bench/backends/nccl_lanes.hpp"
#include "bench/compute/filler_product.hpp"
#include "bench/patterns/payload.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <list>
#include <numeric>
#include <utility>
#include <vector>

namespace fabricast {

namespace {

/// Two moments of a stream.
struct Span {
  Event start = make_event();
  Event stop = make_event();
};

/// Seconds from `base` to an event; both have passed.
double since(const Event& base, const Event& event) {
  float ms = 0;
  CHECK_CUDA(cuda().cudaEventElapsedTime(&ms, base.get(), event.get()));
  return ms * 1e-3;
}

/// A communicator's payload pattern, on the host and on the device.
struct GroupPattern {
  GroupPattern(DataType type, int ranks, cudaStream_t stream)
      : pattern(type, ranks), on_device(pattern, stream) {}
  Pattern pattern;
  DevicePattern on_device;
};

/// A transfer with its buffers and clock.
class GpuTransfer {
 public:
  GpuTransfer(const Transfer& transfer,
              const Group& group,
              const GroupPattern& pattern,
              DataType type)
      : transfer_(transfer),
        group_(group),
        pattern_(pattern),
        type_(type),
        size_(size_of(transfer, group)),
        payload_(transfer, group, pattern.pattern),
        send_(make_buffer(size_.send)),
        receive_(make_buffer(size_.receive)) {}

  void fill(std::uint64_t iteration, cudaStream_t stream) const {
    send_.poison(stream);
    receive_.poison(stream);
    send_.fill(payload_.sent(iteration, pattern_.on_device.tables()), {0, size_.send}, stream);
  }

  /// Adds to the group's counter.
  void check(std::uint64_t iteration, cudaStream_t stream) const {
    unsigned long long* wrong = pattern_.on_device.wrong();
    for (const auto& block : payload_.expected(iteration, pattern_.on_device.tables())) {
      receive_.check(block.view, {block.first, block.elements}, wrong, stream);
    }
    receive_.check_guards(pattern_.on_device.guard(), wrong, stream);
    send_.check_guards(pattern_.on_device.guard(), wrong, stream);
  }

  /// Queues it behind what the compute stream holds now.
  void start(const NcclLanes& lanes, cudaStream_t compute) const {
    const NcclLane& lane = lanes.of(transfer_);
    CHECK_CUDA(cuda().cudaEventRecord(ready_.get(), compute));
    CHECK_CUDA(cuda().cudaStreamWaitEvent(lane.stream.get(), ready_.get(), 0));
    CHECK_CUDA(cuda().cudaEventRecord(span_.start.get(), lane.stream.get()));
    SETTLE_NCCL(lane.communicator.get(), issue(lane, lanes.peer_of(transfer_)));
    CHECK_CUDA(cuda().cudaEventRecord(span_.stop.get(), lane.stream.get()));
  }

  /// What the compute stream gets from now on waits for it.
  void wait(cudaStream_t compute) const {
    CHECK_CUDA(cuda().cudaStreamWaitEvent(compute, span_.stop.get(), 0));
  }

  [[nodiscard]] const Span& span() const { return span_; }
  [[nodiscard]] std::uint64_t received_bits() const {
    return size_.receive * static_cast<std::uint64_t>(info(type_).bytes) * 8;
  }
  void flip(std::uint64_t bit, cudaStream_t stream) const { receive_.flip(bit, stream); }

 private:
  [[nodiscard]] DeviceBuffer make_buffer(std::uint64_t elements) const {
    return {elements, type_, allocate_device_memory(device_buffer_bytes(elements, type_))};
  }

  ncclResult_t issue(const NcclLane& lane, int peer) const {
    const NcclApi& api = nccl();
    const ncclDataType_t type = nccl_type(type_).type;
    ncclComm_t communicator = lane.communicator.get();
    cudaStream_t stream = lane.stream.get();
    const std::size_t count = transfer_.count;
    switch (transfer_.kind) {
      case TransferKind::kAllReduce:
        return api.ncclAllReduce(
            send_.at(0), receive_.at(0), count, type, ncclSum, communicator, stream);
      case TransferKind::kAllGather:
        return api.ncclAllGather(send_.at(0), receive_.at(0), count, type, communicator, stream);
      case TransferKind::kReduceScatter:
        return api.ncclReduceScatter(
            send_.at(0), receive_.at(0), count, type, ncclSum, communicator, stream);
      case TransferKind::kAllToAllV:
        return all_to_all_v(lane);
      case TransferKind::kSend:
        return api.ncclSend(send_.at(0), count, type, peer, communicator, stream);
      case TransferKind::kReceive:
        return api.ncclRecv(receive_.at(0), count, type, peer, communicator, stream);
    }
    return ncclInvalidArgument;
  }

  // Every pair with something to say; the group ends also when a call in it fails.
  ncclResult_t all_to_all_v(const NcclLane& lane) const {
    const NcclApi& api = nccl();
    const ncclDataType_t type = nccl_type(type_).type;
    const auto me = static_cast<std::size_t>(group_.rank);
    ncclResult_t status = api.ncclGroupStart();
    const auto call = [&](auto function, std::uint64_t count, void* data, std::size_t peer) {
      if (count > 0 && !is_failure(status)) {
        status = function(
            data, count, type, static_cast<int>(peer), lane.communicator.get(), lane.stream.get());
      }
    };
    for (std::size_t peer = 0; peer < payload_.send_offsets().size(); ++peer) {
      call(api.ncclSend, payload_.traffic(me, peer), send_.at(payload_.send_offsets()[peer]), peer);
      call(api.ncclRecv,
           payload_.traffic(peer, me),
           receive_.at(payload_.receive_offsets()[peer]),
           peer);
    }
    const ncclResult_t ended = api.ncclGroupEnd();
    return is_failure(status) ? status : ended;
  }

  const Transfer& transfer_;
  Group group_;
  const GroupPattern& pattern_;
  DataType type_;
  TransferSize size_;
  TransferPayload payload_;
  DeviceBuffer send_;
  DeviceBuffer receive_;
  Event ready_ = make_event();
  Span span_;
};

/// The length of the union of intervals.
double covered(std::vector<std::pair<double, double>> intervals) {
  std::sort(intervals.begin(), intervals.end());
  double total = 0;
  double end = 0;
  for (const auto& [from, to] : intervals) {
    total += std::max(0.0, to - std::max(from, end));
    end = std::max(end, to);
  }
  return total;
}

/// The schedule of one rank. Made and used by its thread.
class RankSchedule {
 public:
  RankSchedule(TrainingSchedule schedule, SchedulePart part, DataType type, const LocalRank& rank)
      : schedule_(std::move(schedule)),
        part_(part),
        compute_(rank.stream.get()),
        lanes_(schedule_, rank) {
    double most = 0;
    for (const Step& step : schedule_.steps) {
      if (step.kind == Step::Kind::kCompute) {
        most = std::max(most, flops_of(step));
        products_at_.emplace_back();
      }
    }
    if (part_ != SchedulePart::kCommunication && most > 0) {
      products_ = FillerProducts(most, compute_);
    }
    if (part_ == SchedulePart::kCompute) {
      return;  // needs no buffers
    }
    for (const Group& group : schedule_.groups) {
      patterns_.emplace_back(type, group.ranks, compute_);
    }
    for (const Transfer& transfer : schedule_.transfers) {
      const auto group = static_cast<std::ptrdiff_t>(transfer.group);
      transfers_.emplace_back(
          transfer, schedule_.groups[transfer.group], *std::next(patterns_.begin(), group), type);
      by_index_.push_back(&transfers_.back());
    }
  }

  void fill(std::uint64_t iteration) const {
    for (const auto& transfer : transfers_) {
      transfer.fill(iteration, compute_);
    }
    CHECK_CUDA(cuda().cudaStreamSynchronize(compute_));
  }

  void queue() {
    CHECK_CUDA(cuda().cudaEventRecord(whole_.start.get(), compute_));
    auto product = products_at_.begin();
    for (const Step& step : schedule_.steps) {
      if (step.kind == Step::Kind::kCompute) {
        const Span& span = *product++;
        if (part_ != SchedulePart::kCommunication && step.tiles > 0) {
          CHECK_CUDA(cuda().cudaEventRecord(span.start.get(), compute_));
          products_.queue(flops_of(step), compute_);
          CHECK_CUDA(cuda().cudaEventRecord(span.stop.get(), compute_));
        }
      } else if (part_ != SchedulePart::kCompute) {
        const GpuTransfer& transfer = *by_index_[step.transfer];
        step.kind == Step::Kind::kStart ? transfer.start(lanes_, compute_)
                                        : transfer.wait(compute_);
      }
    }
    CHECK_CUDA(cuda().cudaEventRecord(whole_.stop.get(), compute_));
  }

  void wait(const NcclRanks& ranks, const LocalRank& rank) const {
    for (const NcclLane& lane : lanes_.all()) {
      ranks.wait(lane.stream.get(), lane.communicator.get());
    }
    ranks.wait(compute_, rank.communicator.get());
  }

  [[nodiscard]] Seconds device_time() const { return Seconds(since(whole_.start, whole_.stop)); }

  [[nodiscard]] ScheduleOperation::Busy busy() const {
    double compute = 0;
    auto product = products_at_.begin();
    for (const Step& step : schedule_.steps) {
      if (step.kind == Step::Kind::kCompute) {
        const Span& span = *product++;
        if (part_ != SchedulePart::kCommunication && step.tiles > 0) {
          compute += since(span.start, span.stop);
        }
      }
    }
    std::vector<std::pair<double, double>> under_way;
    for (const auto& transfer : transfers_) {
      under_way.emplace_back(since(whole_.start, transfer.span().start),
                             since(whole_.start, transfer.span().stop));
    }
    return {Seconds(compute), Seconds(covered(std::move(under_way)))};
  }

  [[nodiscard]] std::uint64_t wrong_elements(std::uint64_t iteration) const {
    std::uint64_t wrong = 0;
    for (const auto& pattern : patterns_) {
      pattern.on_device.reset_wrong(compute_);
    }
    for (const auto& transfer : transfers_) {
      transfer.check(iteration, compute_);
    }
    for (const auto& pattern : patterns_) {
      wrong += pattern.on_device.read_wrong(compute_);
    }
    return wrong;
  }

  void flip(std::uint64_t random) const {
    std::uint64_t bits = 0;
    for (const auto& transfer : transfers_) {
      bits += transfer.received_bits();
    }
    std::uint64_t bit = bits == 0 ? 0 : random % bits;
    for (const auto& transfer : transfers_) {
      if (bit < transfer.received_bits()) {
        transfer.flip(bit, compute_);
        return;
      }
      bit -= transfer.received_bits();
    }
  }

  void abort() { lanes_.abort(); }

 private:
  static double flops_of(const Step& step) { return static_cast<double>(step.tiles) * kTileFlops; }

  TrainingSchedule schedule_;
  SchedulePart part_;
  cudaStream_t compute_;
  NcclLanes lanes_;
  FillerProducts products_;
  Span whole_;
  std::list<Span> products_at_;       // of each compute step
  std::list<GroupPattern> patterns_;  // lists: their members are referred to and never move
  std::list<GpuTransfer> transfers_;
  std::vector<const GpuTransfer*> by_index_;
};

class NcclSchedule final : public ScheduleOperation {
 public:
  NcclSchedule(NcclRanks& ranks, const MakeTrainingSchedule& make, DataType type, SchedulePart part)
      : ranks_(ranks), schedules_(ranks.local().size()) {
    ranks_.collective([&](std::size_t i, const LocalRank& r) {
      schedules_[i] = std::make_unique<RankSchedule>(make(r.rank), part, type, r);
    });
  }
  ~NcclSchedule() override {
    try {
      ranks_.on_every_rank([this](std::size_t i, const LocalRank& r) {
        if (schedules_[i] != nullptr && r.communicator.get() == nullptr) {
          schedules_[i]->abort();  // with the parent
        }
        schedules_[i].reset();
      });
    } catch (const std::exception&) {
      // A GPU that is lost; whoever used it last has said so.
    }
  }
  NcclSchedule(const NcclSchedule&) = delete;
  NcclSchedule& operator=(const NcclSchedule&) = delete;

  void fill(std::uint64_t iteration) override {
    ranks_.on_every_rank(
        [&](std::size_t i, const LocalRank& /*r*/) { schedules_[i]->fill(iteration); });
  }

  std::vector<RankTime> run() override {
    using Clock = std::chrono::steady_clock;
    std::vector<RankTime> times(schedules_.size());
    std::vector<Busy> busy(schedules_.size());
    ranks_.collective([&](std::size_t i, const LocalRank& r) {
      ranks_.meet();
      const auto began = Clock::now();
      schedules_[i]->queue();
      schedules_[i]->wait(ranks_, r);
      const std::chrono::duration<double> spent = Clock::now() - began;
      times[i] = {Seconds(spent.count()), schedules_[i]->device_time()};
      busy[i] = schedules_[i]->busy();
    });
    Busy largest = busy.front();
    for (const Busy& b : busy) {
      largest.compute = std::max(largest.compute, b.compute);
      largest.communication = std::max(largest.communication, b.communication);
    }
    busy_.push_back(largest);
    return times;
  }

  std::uint64_t wrong_elements(std::uint64_t iteration) override {
    std::vector<std::uint64_t> wrong(schedules_.size());
    ranks_.on_every_rank([&](std::size_t i, const LocalRank& /*r*/) {
      wrong[i] = schedules_[i]->wrong_elements(iteration);
    });
    return std::accumulate(wrong.begin(), wrong.end(), std::uint64_t{0});
  }

  void flip_bit(std::uint64_t random) override {
    const std::size_t chosen = random % schedules_.size();
    ranks_.on_every_rank([&](std::size_t i, const LocalRank& /*r*/) {
      if (i == chosen) {
        schedules_[i]->flip(random / schedules_.size());
      }
    });
  }

  [[nodiscard]] const std::vector<Busy>& busy() const override { return busy_; }

 private:
  NcclRanks& ranks_;
  std::vector<std::unique_ptr<RankSchedule>> schedules_;
  std::vector<Busy> busy_;
};

}  // namespace

std::string why_no_nccl_schedules() {
  if (const std::string lacking = why_lacking(nccl_library(), "split communicators");
      !lacking.empty()) {
    return lacking;
  }
  return cublaslt_library().why_missing;
}

std::unique_ptr<ScheduleOperation> make_nccl_schedule(NcclRanks& ranks,
                                                      const MakeTrainingSchedule& make,
                                                      DataType type,
                                                      SchedulePart part) {
  return std::make_unique<NcclSchedule>(ranks, make, type, part);
}

}  // namespace fabricast
