#include "bench/backends/nccl_operation.hpp"

#include <chrono>
#include <exception>
#include <numeric>

namespace fabricast {

PreMulSum::PreMulSum(DataType type, const LocalRank& rank) : rank_(&rank) {
  std::uint64_t factor = encode(type, kPreFactor);  // its first bytes are the element
  CHECK_NCCL(nccl().ncclRedOpCreatePreMulSum(
      &op_, &factor, nccl_type(type).type, ncclScalarHostImmediate, rank.communicator.get()));
}

PreMulSum::~PreMulSum() {
  // An aborted communicator has taken its operators along.
  if (rank_ != nullptr && rank_->communicator.get() != nullptr) {
    static_cast<void>(nccl().ncclRedOpDestroy(op_, rank_->communicator.get()));
  }
}

NcclOperation::NcclOperation(NcclRanks& ranks, const Case& c, const GpuOptions& options)
    : ranks_(ranks),
      case_(c),
      options_(options),
      row_(*find_nccl(c.collective)),
      pattern_(c.type, ranks.ranks(), c.op),
      work_(ranks.local().size()),
      first_call_(c.count > 0 && ranks.ranks() > 1) {
  ranks_.on_every_rank([this](std::size_t i, const LocalRank& r) { prepare(work_[i], r); });
  if (options_.graph) {
    // The first call connects the ranks, which a capture must not.
    const NcclFirstCall::Watch watch(first_call_);
    ranks_.collective([this](std::size_t i, const LocalRank& r) {
      call(i, r);
      ranks_.wait(r.stream.get(), r.communicator.get());
    });
    ranks_.collective([this](std::size_t i, const LocalRank& r) { capture(i, r); });
  }
}

NcclOperation::~NcclOperation() {
  try {  // on all ranks at once, as windows want it
    ranks_.on_every_rank([this](std::size_t i, const LocalRank& /*r*/) {
      work_[i].graph = GraphExec();
      work_[i].registrations.release();
    });
  } catch (const std::exception&) {
    // A GPU that is lost; whoever used it last has said so.
  }
}

void NcclOperation::prepare(RankWork& work, const LocalRank& r) {
  work.buffers = RankBuffers(
      case_, pattern_, r.position, ranks_.ranks(), r.stream.get(), buffer_source(options_.buffers));
  work.registrations = Registrations(options_.buffers, work.buffers.blocks(), r);
  if (case_.op == ReduceOp::kPreMulSum && info(case_.collective).reduces) {
    work.pre_mul_sum = PreMulSum(case_.type, r);
  }
  work.start = make_event();
  work.stop = make_event();
}

NcclCall NcclOperation::call_of(std::size_t i, const LocalRank& r) const {
  const RankWork& work = work_[i];
  return {.api = nccl(),
          .send = work.buffers.send(),
          .receive = work.buffers.receive(),
          .count = case_.count,
          .type = nccl_type(case_.type).type,
          .op = case_.op == ReduceOp::kPreMulSum ? work.pre_mul_sum.get() : nccl_op(case_.op),
          .element_bytes = static_cast<std::size_t>(info(case_.type).bytes),
          .rank = r.position,
          .ranks = ranks_.ranks(),
          .communicator = r.communicator.get(),
          .stream = r.stream.get()};
}

void NcclOperation::call(std::size_t i, const LocalRank& r) const {
  const ncclResult_t status = row_.call(call_of(i, r));
  if (is_failure(status)) {
    NcclFirstCall::check(status, name(case_.collective));
  }
  settle_nccl(r.communicator.get(), status, name(case_.collective), __FILE__, __LINE__);
}

void NcclOperation::capture(std::size_t i, const LocalRank& r) {
  cudaGraph_t captured = nullptr;
  CHECK_CUDA(cuda().cudaStreamBeginCapture(r.stream.get(), cudaStreamCaptureModeThreadLocal));
  call(i, r);
  CHECK_CUDA(cuda().cudaStreamEndCapture(r.stream.get(), &captured));
  const Graph graph(captured);
  cudaGraphExec_t executable = nullptr;
  CHECK_CUDA(cuda().cudaGraphInstantiateWithFlags(&executable, graph.get(), 0));
  work_[i].graph = GraphExec(executable);
}

// The clocks of the device stand around the call in its stream.
void NcclOperation::start(std::size_t i, const LocalRank& r) const {
  CHECK_CUDA(cuda().cudaEventRecord(work_[i].start.get(), r.stream.get()));
  if (options_.graph) {
    CHECK_CUDA(cuda().cudaGraphLaunch(work_[i].graph.get(), r.stream.get()));
  } else {
    call(i, r);
  }
  CHECK_CUDA(cuda().cudaEventRecord(work_[i].stop.get(), r.stream.get()));
}

Seconds NcclOperation::device_time(std::size_t i) const {
  float ms = 0;
  CHECK_CUDA(cuda().cudaEventElapsedTime(&ms, work_[i].start.get(), work_[i].stop.get()));
  return Seconds(ms * 1e-3);
}

void NcclOperation::fill(std::uint64_t iteration) {
  ranks_.on_every_rank([&](std::size_t i, const LocalRank& r) {
    work_[i].buffers.fill(pattern_, iteration);
    CHECK_CUDA(cuda().cudaStreamSynchronize(r.stream.get()));
  });
}

std::vector<RankTime> NcclOperation::run() {
  using Clock = std::chrono::steady_clock;
  std::vector<RankTime> times(work_.size());
  const NcclFirstCall::Watch watch(first_call_);
  if (options_.one_thread) {
    // Work of a group starts when the group ends, so events around a call would enclose nothing.
    const auto host = ranks_.grouped([this](std::size_t i, const LocalRank& r) { call(i, r); });
    for (std::size_t i = 0; i < times.size(); ++i) {
      times[i].host = host[i];
    }
    return times;
  }
  ranks_.collective([&](std::size_t i, const LocalRank& r) {
    ranks_.meet();
    const auto began = Clock::now();
    start(i, r);
    ranks_.wait(r.stream.get(), r.communicator.get());
    const std::chrono::duration<double> spent = Clock::now() - began;
    times[i] = {Seconds(spent.count()), device_time(i)};
  });
  return times;
}

std::uint64_t NcclOperation::wrong_elements(std::uint64_t iteration) {
  std::vector<std::uint64_t> wrong(work_.size());
  ranks_.on_every_rank([&](std::size_t i, const LocalRank& /*r*/) {
    wrong[i] = work_[i].buffers.wrong_elements(pattern_, iteration);
  });
  return std::accumulate(wrong.begin(), wrong.end(), std::uint64_t{0});
}

void NcclOperation::flip_bit(std::uint64_t random) {
  std::vector<std::size_t> holders;  // local ranks that receive something
  for (std::size_t i = 0; i < work_.size(); ++i) {
    if (work_[i].buffers.received_bytes() > 0) {
      holders.push_back(i);
    }
  }
  if (holders.empty()) {
    return;
  }
  const std::size_t chosen = holders[random % holders.size()];
  ranks_.on_every_rank([&](std::size_t i, const LocalRank& /*r*/) {
    if (i == chosen) {
      const RankBuffers& buffers = work_[i].buffers;
      buffers.flip(random / holders.size() % (buffers.received_bytes() * 8));
    }
  });
}

bool NcclOperation::windows_taken() const {
  for (const RankWork& work : work_) {
    if (!work.registrations.taken()) {
      return false;
    }
  }
  return true;
}

}  // namespace fabricast
