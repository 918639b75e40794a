// NCCL without GPUs: the ranks of one host, threads and processes, move and reduce host memory.
// A group is one step of its communicator: all ranks call the same number of groups.
//
// FAKE_NCCL_VERSION       as ncclGetVersion counts (22809)
// FAKE_NCCL_WRONG=R@N     rank R's N-th collective gives one flipped bit; without @N each of them
// FAKE_NCCL_HANG=R@N      it never ends on the stream
// FAKE_NCCL_STUCK=R@N     its call never returns
// FAKE_NCCL_ASYNC=R@N     it never ends, and ncclCommGetAsyncError tells FAKE_NCCL_ASYNC_STATUS (6)
// FAKE_NCCL_HANG_INIT=R   rank R never comes out of making its communicator
// plugins, NCCL_ALGO...   see nccl_plugins.hpp
// FAKE_LOG                a file that gets a line per call
// FAKE_FAULTS             see injection.hpp; statuses are those of ncclResult_t
#include "tests/fakes/board.hpp"
#include "tests/fakes/injection.hpp"
#include "tests/fakes/nccl_plugins.hpp"
#include "tests/fakes/reduction.hpp"

#include <cuda_runtime_api.h>
#include <nccl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// NOLINTBEGIN(readability-identifier-naming): the names are NCCL's

namespace {

using fakes::Message;

enum class Kind {
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kAllToAll,
  kBroadcast,
  kReduce,
  kGather,
  kScatter,
  kSend,
  kReceive,
};

struct Call {
  Kind kind;
  const void* send;
  void* receive;
  std::size_t count;
  ncclDataType_t type;
  fakes::Operator op;
  int peer;  // root, or the other side of a send or receive

  [[nodiscard]] std::size_t bytes() const { return count * fakes::width(type); }
  [[nodiscard]] bool point_to_point() const {
    return kind == Kind::kSend || kind == Kind::kReceive;
  }
};

struct Communicator {
  Communicator(fakes::Board& board, int rank, int ranks, int version, int device)
      : seat(board, rank, ranks, version, device), plugins(version) {}

  fakes::Seat seat;
  fakes::Plugins plugins;
  std::int64_t collectives = 0;
  std::atomic<ncclResult_t> background = ncclSuccess;
  bool non_blocking = false;
  std::atomic<int> looks_left = 0;  // at a call that goes on: it is "in progress" that often
  std::vector<std::vector<std::byte>> factors;  // of PreMulSum operators, by number
};

thread_local std::string t_last_error;

ncclResult_t fail(ncclResult_t status, std::string text) {
  t_last_error = std::move(text);
  return status;
}

int version() {
  static const int number = static_cast<int>(fakes::number("FAKE_NCCL_VERSION", 22809));
  return number;
}

// In the order of Kind, with NCCL's numbers (src/include/nccl_common.h).
struct Function {
  const char* name;
  int number;
};
constexpr std::array kFunctions{
    Function{"AllReduce",     4 },
    Function{"AllGather",     2 },
    Function{"ReduceScatter", 3 },
    Function{"AlltoAll",      8 },
    Function{"Broadcast",     0 },
    Function{"Reduce",        1 },
    Function{"Gather",        10},
    Function{"Scatter",       9 },
    Function{"",              6 },
    Function{"",              7 },
};

fakes::Launch as_launch(const Call& c, int ranks) {
  const Function& function = kFunctions[static_cast<std::size_t>(c.kind)];
  const bool whole = c.kind == Kind::kAllReduce || c.kind == Kind::kBroadcast ||
                     c.kind == Kind::kReduce || c.point_to_point();
  const auto blocks = static_cast<std::size_t>(whole ? 1 : ranks);
  return {function.name, function.number, c.bytes() * blocks, c.count, ranks};
}

// What `me` shows to `other`.
Message shown(const Call& c, int me, int other) {
  const auto block = [&](int index) {
    return Message{
        static_cast<const std::byte*>(c.send) + static_cast<std::size_t>(index) * c.bytes(),
        c.bytes()};
  };
  switch (c.kind) {
    case Kind::kAllReduce:
    case Kind::kAllGather:
      return block(0);
    case Kind::kReduceScatter:
    case Kind::kAllToAll:
      return block(other);
    case Kind::kBroadcast:
      return me == c.peer ? block(0) : Message{};
    case Kind::kScatter:
      return me == c.peer ? block(other) : Message{};
    case Kind::kReduce:
    case Kind::kGather:
    case Kind::kSend:
      return other == c.peer ? block(0) : Message{};
    case Kind::kReceive:
      return {};
  }
  return {};
}

// What `me` receives: the reduction, or what the others show, one after the other.
std::vector<std::byte> received(const Call& c, const fakes::Seat& seat) {
  std::vector<std::vector<std::byte>> parts;
  for (int r = 0; r < seat.ranks(); ++r) {
    if (!c.point_to_point() || (c.kind == Kind::kReceive && r == c.peer)) {
      parts.push_back(seat.seen(r));
    }
  }
  std::vector<std::byte> all;
  const bool reduces = c.kind == Kind::kAllReduce || c.kind == Kind::kReduceScatter ||
                       (c.kind == Kind::kReduce && seat.rank() == c.peer);
  if (reduces && c.count > 0) {
    std::vector<const void*> inputs;
    for (const auto& part : parts) {
      inputs.push_back(part.data());
    }
    all.resize(c.bytes());
    fakes::reduce(all.data(), inputs, c.count, c.type, c.op);
    return all;
  }
  for (const auto& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

// Calls of one rank that take place together: one collective, or sends and receives.
struct Step {
  std::shared_ptr<Communicator> communicator;
  cudaStream_t stream;
  std::vector<Call> calls;
  std::int64_t nth = 0;  // of this rank's collectives, from 1

  void run() {
    Communicator& c = *communicator;
    if (stops() || !move()) {
      if (c.background == ncclSuccess) {
        c.background = ncclRemoteError;
      }
    }
  }

  bool stops() {
    Communicator& c = *communicator;
    const bool dies = fakes::moment("FAKE_NCCL_ASYNC").is(c.seat.rank(), nth);
    if (dies) {
      c.background =
          static_cast<ncclResult_t>(fakes::number("FAKE_NCCL_ASYNC_STATUS", ncclRemoteError));
    }
    if (dies || fakes::moment("FAKE_NCCL_HANG").is(c.seat.rank(), nth)) {
      c.seat.wait_for_abort();
      return true;
    }
    return false;
  }

  bool move() {
    fakes::Seat& seat = communicator->seat;
    std::vector<Message> outbox(static_cast<std::size_t>(seat.ranks()));
    for (const Call& c : calls) {
      for (int p = 0; p < seat.ranks(); ++p) {
        if (const Message m = shown(c, seat.rank(), p); m.bytes > 0) {
          outbox[static_cast<std::size_t>(p)] = m;
        }
      }
    }
    seat.show(outbox);
    if (!seat.meet()) {
      return false;
    }
    std::vector<std::vector<std::byte>> results;
    for (const Call& c : calls) {
      results.push_back(received(c, seat));
    }
    if (!seat.meet()) {  // nobody overwrites what others still read
      return false;
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
      deliver(calls[i], results[i]);
    }
    return true;
  }

  void deliver(const Call& c, std::vector<std::byte>& result) const {
    if (result.empty()) {
      return;
    }
    if (fakes::moment("FAKE_NCCL_WRONG").is(communicator->seat.rank(), nth)) {
      result[result.size() / 2] ^= std::byte{1};
    }
    std::memcpy(c.receive, result.data(), result.size());
  }
};

struct Join {
  ncclComm_t* out;
  std::shared_ptr<Communicator> communicator;
};

// What this thread has called since it opened its group.
struct Group {
  int depth = 0;
  ncclResult_t status = ncclSuccess;
  std::vector<Step> steps;
  std::vector<Join> joins;
};
thread_local Group t_group;

}  // namespace

struct ncclComm {
  std::shared_ptr<Communicator> communicator;
};

namespace {

ncclResult_t launch(std::vector<Step>& steps) {
  for (Step& step : steps) {
    auto* task = new Step(std::move(step));
    Communicator& c = *task->communicator;
    cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
    static_cast<void>(cudaStreamIsCapturing(task->stream, &capturing));
    if (capturing != cudaStreamCaptureStatusNone) {
      // Each launch of the graph is one more collective. The step lives as long as the program:
      // nobody tells when the last graph that holds it goes.
      const auto replay = [](void* data) {
        Step& kept = *static_cast<Step*>(data);
        kept.nth = ++kept.communicator->collectives;
        kept.run();
      };
      if (cudaLaunchHostFunc(task->stream, replay, task) != cudaSuccess) {
        return fail(ncclUnhandledCudaError, "cudaLaunchHostFunc failed");
      }
      continue;
    }
    task->nth = ++c.collectives;
    if (fakes::moment("FAKE_NCCL_STUCK").is(c.seat.rank(), task->nth)) {
      const auto kept = task->communicator;
      kept->seat.wait_for_abort();
      return fail(ncclInternalError, "aborted");
    }
    std::string why;
    if (const auto status = c.plugins.launch(as_launch(task->calls[0], c.seat.ranks()), &why);
        status != ncclSuccess) {
      delete task;
      return fail(status, why);
    }
    const auto run = [](void* data) {
      const std::unique_ptr<Step> owned(static_cast<Step*>(data));
      owned->run();
    };
    if (cudaLaunchHostFunc(task->stream, run, task) != cudaSuccess) {
      return fail(ncclUnhandledCudaError, "cudaLaunchHostFunc failed");
    }
  }
  return ncclSuccess;
}

// Since 2.30 when told so; before, ranks that claim to be on different hosts.
bool may_share_gpus() {
  constexpr int kFirstThatCan = 23000;
  const char* const told = std::getenv("NCCL_MULTI_RANK_GPU_ENABLE");
  return version() >= kFirstThatCan ? told != nullptr && std::string_view(told) == "1"
                                    : std::getenv("NCCL_HOSTID") != nullptr;
}

// NCCL compares what the ranks bring before it connects them.
ncclResult_t refuse_bad_ranks(const fakes::Board& board) {
  for (int r = 0; r < board.ranks; ++r) {
    const auto& theirs = board.slots[static_cast<std::size_t>(r)];
    if (theirs.version != board.slots[0].version) {
      return fail(ncclInvalidUsage, "the ranks have different versions of NCCL");
    }
    for (int other = 0; other < r; ++other) {
      if (board.slots[static_cast<std::size_t>(other)].device == theirs.device &&
          !may_share_gpus()) {
        return fail(ncclInvalidUsage, "two ranks use one GPU");
      }
    }
  }
  return ncclSuccess;
}

ncclResult_t connect(const std::vector<Join>& joins) {
  for (const Join& join : joins) {
    fakes::Seat& seat = join.communicator->seat;
    if (fakes::moment("FAKE_NCCL_HANG_INIT").rank == seat.rank()) {
      seat.wait_for_abort();
    }
    if (!seat.wait_for_all()) {
      return fail(ncclRemoteError, "another rank has left");
    }
    if (const ncclResult_t status = refuse_bad_ranks(seat.board()); status != ncclSuccess) {
      return status;
    }
    *join.out = new ncclComm{join.communicator};
  }
  return ncclSuccess;
}

ncclResult_t finish(Group group) {
  if (group.status == ncclSuccess) {
    group.status = connect(group.joins);
  }
  if (group.status != ncclSuccess) {
    for (const Join& join : group.joins) {
      join.communicator->seat.board().aborted = true;
    }
    return group.status;
  }
  std::vector<std::shared_ptr<Communicator>> going_on;
  const auto note = [&going_on](const std::shared_ptr<Communicator>& c) {
    if (c->non_blocking) {
      going_on.push_back(c);
    }
  };
  for (const Join& join : group.joins) {
    note(join.communicator);
  }
  for (const Step& step : group.steps) {
    note(step.communicator);
  }
  if (const ncclResult_t status = launch(group.steps); status != ncclSuccess) {
    return status;
  }
  for (const auto& c : going_on) {
    c->looks_left = 2;
  }
  return going_on.empty() ? ncclSuccess : ncclInProgress;
}

ncclResult_t end_group() {
  if (--t_group.depth > 0) {
    return ncclSuccess;
  }
  return finish(std::exchange(t_group, Group{}));
}

// A call outside a group is a group of its own.
template <typename Add>
ncclResult_t in_group(const Add& add) {
  ++t_group.depth;
  add();
  return end_group();
}

ncclResult_t queue(const Call& call, ncclComm_t handle, cudaStream_t stream) {
  constexpr int kFirstWithSmallFloats = 22400;
  const bool small_float = call.type > ncclBfloat16;
  if (fakes::width(call.type) == 0 || (small_float && version() < kFirstWithSmallFloats)) {
    return fail(ncclInvalidArgument, "unknown element type");
  }
  return in_group([&] {
    const auto& c = handle->communicator;
    auto& steps = t_group.steps;
    const bool joins_last = call.point_to_point() && !steps.empty() &&
                            steps.back().communicator == c &&
                            steps.back().calls.back().point_to_point();
    if (!joins_last) {
      steps.push_back({c, stream, {}});
    }
    steps.back().calls.push_back(call);
  });
}

ncclResult_t join(
    ncclComm_t* out, int ranks, const ncclUniqueId& id, int rank, bool non_blocking = false) {
  fakes::BoardId where{};
  std::memcpy(&where, id.internal, sizeof where);
  fakes::Board* const board = fakes::open_board(where);
  if (board == nullptr || ranks > fakes::kMaxRanks || rank < 0 || rank >= ranks) {
    return fail(ncclInvalidArgument, "no such communicator");
  }
  int device = 0;
  static_cast<void>(cudaGetDevice(&device));
  const auto made = std::make_shared<Communicator>(*board, rank, ranks, version(), device);
  made->non_blocking = non_blocking;
  return in_group([&] { t_group.joins.push_back({out, made}); });
}

// As in NCCL, the end of a group repeats the error of a call in it.
ncclResult_t told_to_fail(ncclResult_t status, const std::string& call) {
  if (t_group.depth > 0) {
    t_group.status = status;
  }
  return fail(status, "told to fail in " + call);
}

fakes::Operator operator_of(ncclRedOp_t op, ncclComm_t comm) {
  if (op < ncclNumOps) {
    return {op, nullptr};
  }
  return {ncclSum, comm->communicator->factors[static_cast<std::size_t>(op - ncclNumOps)].data()};
}

}  // namespace

// Every call: written down, and first whether it shall fail.
#define FAKE(call)                                                   \
  fakes::note(#call);                                                \
  if (const auto status = fakes::fault(#call); status.has_value()) { \
    return told_to_fail(static_cast<ncclResult_t>(*status), #call);  \
  }

extern "C" {

ncclResult_t ncclGetVersion(int* number) {
  *number = version();
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t status) {
  static thread_local std::string text;
  text = "fake NCCL error " + std::to_string(status);
  return text.c_str();
}

const char* ncclGetLastError(ncclComm_t /*comm*/) { return t_last_error.c_str(); }

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  FAKE(ncclGetUniqueId)
  const fakes::BoardId board = fakes::make_board();
  std::memcpy(id->internal, &board, sizeof board);
  return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank) {
  FAKE(ncclCommInitRank)
  return join(comm, ranks, id, rank);
}

ncclResult_t ncclCommInitRankConfig(
    ncclComm_t* comm, int ranks, ncclUniqueId id, int rank, ncclConfig_t* config) {
  FAKE(ncclCommInitRankConfig)
  fakes::note("minCTAs=" + std::to_string(config->minCTAs) +
              " maxCTAs=" + std::to_string(config->maxCTAs));
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 27, 0)
  fakes::note("CTAPolicy=" + std::to_string(config->CTAPolicy));
#endif
  return join(comm, ranks, id, rank, config->blocking == 0);
}

// Not inside a group: this rank waits here for the others.
ncclResult_t ncclCommSplit(
    ncclComm_t comm, int color, int key, ncclComm_t* split, ncclConfig_t* /*config*/) {
  FAKE(ncclCommSplit)
  struct Wish {
    int color;
    int key;
    fakes::BoardId board;
  };
  fakes::Seat& seat = comm->communicator->seat;
  const Wish mine{color, key, fakes::make_board()};
  const std::vector<Message> outbox(static_cast<std::size_t>(seat.ranks()), {&mine, sizeof mine});
  seat.show(outbox);
  bool together = seat.meet();
  std::vector<std::pair<int, int>> members;  // key, rank
  std::vector<Wish> wishes(outbox.size());
  for (int r = 0; together && r < seat.ranks(); ++r) {
    Wish& wish = wishes[static_cast<std::size_t>(r)];
    std::memcpy(&wish, seat.seen(r).data(), sizeof wish);
    if (wish.color == color) {
      members.emplace_back(wish.key, r);
    }
  }
  together = together && seat.meet();
  if (!together) {
    return fail(ncclRemoteError, "another rank has left");
  }
  *split = nullptr;
  if (color == NCCL_SPLIT_NOCOLOR) {
    return ncclSuccess;
  }
  std::sort(members.begin(), members.end());
  const auto at = std::find(members.begin(), members.end(), std::pair(key, seat.rank()));
  ncclUniqueId id{};
  const auto first = static_cast<std::size_t>(members.front().second);
  std::memcpy(id.internal, &wishes[first].board, sizeof wishes[first].board);
  return join(split, static_cast<int>(members.size()), id, static_cast<int>(at - members.begin()));
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  FAKE(ncclCommDestroy)
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  FAKE(ncclCommAbort)
  comm->communicator->seat.board().aborted = true;
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* status) {
  Communicator& c = *comm->communicator;
  *status = c.background;
  if (c.background == ncclSuccess && c.looks_left > 0) {
    --c.looks_left;
    *status = ncclInProgress;
  }
  return ncclSuccess;
}

ncclResult_t ncclGroupStart() {
  FAKE(ncclGroupStart)
  ++t_group.depth;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  FAKE(ncclGroupEnd)
  return end_group();
}

ncclResult_t ncclAllReduce(const void* send,
                           void* receive,
                           std::size_t count,
                           ncclDataType_t type,
                           ncclRedOp_t op,
                           ncclComm_t comm,
                           cudaStream_t stream) {
  FAKE(ncclAllReduce)
  return queue(
      {Kind::kAllReduce, send, receive, count, type, operator_of(op, comm), 0}, comm, stream);
}

ncclResult_t ncclReduceScatter(const void* send,
                               void* receive,
                               std::size_t count,
                               ncclDataType_t type,
                               ncclRedOp_t op,
                               ncclComm_t comm,
                               cudaStream_t stream) {
  FAKE(ncclReduceScatter)
  return queue(
      {Kind::kReduceScatter, send, receive, count, type, operator_of(op, comm), 0}, comm, stream);
}

ncclResult_t ncclReduce(const void* send,
                        void* receive,
                        std::size_t count,
                        ncclDataType_t type,
                        ncclRedOp_t op,
                        int root,
                        ncclComm_t comm,
                        cudaStream_t stream) {
  FAKE(ncclReduce)
  return queue(
      {Kind::kReduce, send, receive, count, type, operator_of(op, comm), root}, comm, stream);
}

ncclResult_t ncclAllGather(const void* send,
                           void* receive,
                           std::size_t count,
                           ncclDataType_t type,
                           ncclComm_t comm,
                           cudaStream_t stream) {
  FAKE(ncclAllGather)
  return queue({Kind::kAllGather, send, receive, count, type, {}, 0}, comm, stream);
}

ncclResult_t ncclAlltoAll(const void* send,
                          void* receive,
                          std::size_t count,
                          ncclDataType_t type,
                          ncclComm_t comm,
                          cudaStream_t stream) {
  FAKE(ncclAlltoAll)
  return queue({Kind::kAllToAll, send, receive, count, type, {}, 0}, comm, stream);
}

ncclResult_t ncclBroadcast(const void* send,
                           void* receive,
                           std::size_t count,
                           ncclDataType_t type,
                           int root,
                           ncclComm_t comm,
                           cudaStream_t stream) {
  FAKE(ncclBroadcast)
  return queue({Kind::kBroadcast, send, receive, count, type, {}, root}, comm, stream);
}

ncclResult_t ncclGather(const void* send,
                        void* receive,
                        std::size_t count,
                        ncclDataType_t type,
                        int root,
                        ncclComm_t comm,
                        cudaStream_t stream) {
  FAKE(ncclGather)
  return queue({Kind::kGather, send, receive, count, type, {}, root}, comm, stream);
}

ncclResult_t ncclScatter(const void* send,
                         void* receive,
                         std::size_t count,
                         ncclDataType_t type,
                         int root,
                         ncclComm_t comm,
                         cudaStream_t stream) {
  FAKE(ncclScatter)
  return queue({Kind::kScatter, send, receive, count, type, {}, root}, comm, stream);
}

ncclResult_t ncclSend(const void* send,
                      std::size_t count,
                      ncclDataType_t type,
                      int peer,
                      ncclComm_t comm,
                      cudaStream_t stream) {
  FAKE(ncclSend)
  return queue({Kind::kSend, send, nullptr, count, type, {}, peer}, comm, stream);
}

ncclResult_t ncclRecv(void* receive,
                      std::size_t count,
                      ncclDataType_t type,
                      int peer,
                      ncclComm_t comm,
                      cudaStream_t stream) {
  FAKE(ncclRecv)
  return queue({Kind::kReceive, nullptr, receive, count, type, {}, peer}, comm, stream);
}

ncclResult_t ncclRedOpCreatePreMulSum(ncclRedOp_t* op,
                                      void* scalar,
                                      ncclDataType_t type,
                                      ncclScalarResidence_t /*residence*/,
                                      ncclComm_t comm) {
  FAKE(ncclRedOpCreatePreMulSum)
  const auto* bytes = static_cast<const std::byte*>(scalar);
  auto& factors = comm->communicator->factors;
  *op = static_cast<ncclRedOp_t>(ncclNumOps + static_cast<int>(factors.size()));
  factors.emplace_back(bytes, bytes + fakes::width(type));
  return ncclSuccess;
}

ncclResult_t ncclRedOpDestroy(ncclRedOp_t /*op*/, ncclComm_t /*comm*/) {
  FAKE(ncclRedOpDestroy)
  return ncclSuccess;
}

ncclResult_t ncclMemAlloc(void** memory, std::size_t bytes) {
  FAKE(ncclMemAlloc)
  return cudaMalloc(memory, bytes) == cudaSuccess ? ncclSuccess : ncclUnhandledCudaError;
}

ncclResult_t ncclMemFree(void* memory) {
  FAKE(ncclMemFree)
  return cudaFree(memory) == cudaSuccess ? ncclSuccess : ncclUnhandledCudaError;
}

ncclResult_t ncclCommRegister(const ncclComm_t /*comm*/,
                              void* buffer,
                              std::size_t /*bytes*/,
                              void** handle) {
  FAKE(ncclCommRegister)
  *handle = buffer;
  return ncclSuccess;
}

ncclResult_t ncclCommDeregister(const ncclComm_t /*comm*/, void* /*handle*/) {
  FAKE(ncclCommDeregister)
  return ncclSuccess;
}

#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 22, 0)
ncclResult_t ncclGroupSimulateEnd(ncclSimInfo_t* info) {
  FAKE(ncclGroupSimulateEnd)
  t_group = Group{};
  info->estimatedTime = 1;
  return ncclSuccess;
}
#endif

#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 27, 0)
ncclResult_t ncclCommWindowRegister(
    ncclComm_t /*comm*/, void* buffer, std::size_t /*bytes*/, ncclWindow_t* window, int /*flags*/) {
  FAKE(ncclCommWindowRegister)
  *window = static_cast<ncclWindow_t>(buffer);
  return ncclSuccess;
}

ncclResult_t ncclCommWindowDeregister(ncclComm_t /*comm*/, ncclWindow_t /*window*/) {
  FAKE(ncclCommWindowDeregister)
  return ncclSuccess;
}
#endif

}  // extern "C"

// NOLINTEND(readability-identifier-naming)
