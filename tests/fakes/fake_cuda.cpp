// CUDA's runtime without a GPU: devices are shares of host memory, a stream is a thread that works
// off its queue in order. The kernels are their host twins.
//
// FAKE_CUDA_DEVICES       number of devices (1)
// FAKE_CUDA_MEMORY        bytes of each (1 GiB)
// FAKE_CUDA_CAPABILITY    compute capability of each, times ten (90)
// FAKE_CUDA_DRIVER        CUDA version that the driver serves (13000); 0: no driver
// FAKE_FAULTS             see injection.hpp; statuses are those of cudaError_t
#include "kernels/copy_reduce_kernels.hpp"
#include "kernels/layer_kernels.hpp"
#include "kernels/onchip_kernels.hpp"
#include "kernels/pattern_body.hpp"
#include "kernels/pattern_kernels.hpp"
#include "tests/fakes/injection.hpp"
#include "tests/kernels/host_onchip.hpp"

#include <cuda_runtime_api.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

// NOLINTBEGIN(readability-identifier-naming): the names are CUDA's

using Clock = std::chrono::steady_clock;

struct CUevent_st {
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool recorded = true;  // as CUDA: an event that was never recorded counts as done
    Clock::time_point time;
  };
  // As CUDA: an event that is destroyed before its stream comes to it is recorded all the same.
  std::shared_ptr<State> state = std::make_shared<State>();
};

struct CUgraph_st {
  std::deque<std::function<void()>> tasks;
};
struct CUgraphExec_st {
  std::deque<std::function<void()>> tasks;
};

struct CUstream_st {
  using Task = std::function<void()>;

  CUstream_st() : thread([this] { serve(); }) {}
  ~CUstream_st() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    changed.notify_all();
    thread.join();
  }

  void queue(Task task) {
    const std::lock_guard lock(mutex);
    if (captured != nullptr) {
      captured->tasks.push_back(std::move(task));
      return;
    }
    tasks.push_back(std::move(task));
    ++pending;
    changed.notify_all();
  }

  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return pending == 0; });
  }

  void serve() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return ending || !tasks.empty(); });
      if (tasks.empty()) {
        return;
      }
      const Task task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      task();
      lock.lock();
      --pending;
      changed.notify_all();
    }
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Task> tasks;
  std::atomic<int> pending = 0;
  CUgraph_st* captured = nullptr;  // between the calls that begin and end a capture
  bool ending = false;
  std::thread thread;  // last: it uses all of the above
};

namespace {

thread_local int t_device = 0;
thread_local cudaError_t t_last = cudaSuccess;

cudaError_t done(cudaError_t status) {
  if (status != cudaSuccess) {
    t_last = status;
  }
  return status;
}

int devices() {
  static const int count = static_cast<int>(fakes::number("FAKE_CUDA_DEVICES", 1));
  return count;
}

std::size_t device_bytes() {
  static const auto bytes =
      static_cast<std::size_t>(fakes::number("FAKE_CUDA_MEMORY", std::int64_t{1} << 30));
  return bytes;
}

struct Block {
  int device;
  std::size_t bytes;
};

// What is allocated, over all devices.
class Heap {
 public:
  cudaError_t allocate(void** memory, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (used_[t_device] + bytes > device_bytes()) {
      return cudaErrorMemoryAllocation;
    }
    *memory = std::malloc(bytes);
    blocks_[*memory] = {t_device, bytes};
    used_[t_device] += bytes;
    return cudaSuccess;
  }

  cudaError_t release(void* memory) {
    const std::lock_guard lock(mutex_);
    const auto at = blocks_.find(memory);
    if (at == blocks_.end()) {
      return cudaErrorInvalidValue;
    }
    used_[at->second.device] -= at->second.bytes;
    blocks_.erase(at);
    std::free(memory);
    return cudaSuccess;
  }

  std::size_t free_bytes() {
    const std::lock_guard lock(mutex_);
    return device_bytes() - used_[t_device];
  }

 private:
  std::mutex mutex_;
  std::map<void*, Block> blocks_;
  std::map<int, std::size_t> used_;
};

Heap& heap() {
  static auto* const heap = new Heap;  // streams may outlive static destructors
  return *heap;
}

// call(Word{}) with the unsigned integer of that many bytes.
template <typename Call>
cudaError_t with_word(int width, const Call& call) {
  switch (width) {
    case 1:
      call(std::uint8_t{});
      return cudaSuccess;
    case 2:
      call(std::uint16_t{});
      return cudaSuccess;
    case 4:
      call(std::uint32_t{});
      return cudaSuccess;
    case 8:
      call(std::uint64_t{});
      return cudaSuccess;
    default:
      return cudaErrorInvalidValue;
  }
}

// One thread for each block of the launch.
template <fabricast::OnchipProtocol protocol, typename Element>
void run_blocks_of(const fabricast::OnchipCall& call) {
  const int channels = call.plan.channels;
  fabricast::on_virtual_ranks(
      call.plan.ranks * channels, 1, [&](int block, const fabricast::HostTeam& team) {
        fabricast::onchip::run_block<protocol, fabricast::HostMemory, Element>(
            call, block / channels, block % channels, team);
      });
}

template <typename Element>
void run_blocks(const fabricast::OnchipCall& call) {
  using fabricast::OnchipProtocol;
  switch (call.plan.protocol) {
    case OnchipProtocol::kFlag:
      return run_blocks_of<OnchipProtocol::kFlag, Element>(call);
    case OnchipProtocol::kFence:
      return run_blocks_of<OnchipProtocol::kFence, Element>(call);
    case OnchipProtocol::kLl:
      return run_blocks_of<OnchipProtocol::kLl, Element>(call);
    case OnchipProtocol::kLl128:
      return run_blocks_of<OnchipProtocol::kLl128, Element>(call);
  }
}

constexpr fabricast::Worker kOneThread;

// Queues body(Element{}) of a type that layers are kept in.
template <typename Body>
cudaError_t queue_layer(fabricast::DataType type, cudaStream_t stream, const Body& body) {
  const bool known = fabricast::with_float_element(
      type, [&](auto element) { stream->queue([=] { body(element); }); });
  return done(known ? cudaSuccess : cudaErrorInvalidValue);
}

}  // namespace

// Every call: first whether it shall fail.
#define FAKE(call)                                                   \
  if (const auto status = fakes::fault(#call); status.has_value()) { \
    return done(static_cast<cudaError_t>(*status));                  \
  }

extern "C" {

cudaError_t cudaDriverGetVersion(int* version) {
  FAKE(cudaDriverGetVersion)
  *version = static_cast<int>(fakes::number("FAKE_CUDA_DRIVER", 13000));
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  FAKE(cudaRuntimeGetVersion)
  *version = CUDART_VERSION;
  return cudaSuccess;
}

const char* cudaGetErrorString(cudaError_t status) {
  static thread_local std::string text;
  text = "fake error " + std::to_string(static_cast<int>(status));
  return text.c_str();
}

cudaError_t cudaGetLastError() {
  const cudaError_t last = t_last;
  t_last = cudaSuccess;
  return last;
}

cudaError_t cudaGetDeviceCount(int* count) {
  FAKE(cudaGetDeviceCount)
  *count = devices();
  return done(devices() > 0 ? cudaSuccess : cudaErrorNoDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  FAKE(cudaGetDeviceProperties)
  *properties = {};
  std::strcpy(properties->name, "Fake GPU");
  properties->totalGlobalMem = device_bytes();
  properties->uuid.bytes[0] = static_cast<char>(device + 1);
  const std::int64_t capability = fakes::number("FAKE_CUDA_CAPABILITY", 90);
  properties->major = static_cast<int>(capability / 10);
  properties->minor = static_cast<int>(capability % 10);
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  FAKE(cudaSetDevice)
  if (device < 0 || device >= devices()) {
    return done(cudaErrorInvalidDevice);
  }
  t_device = device;
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  *device = t_device;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  FAKE(cudaMemGetInfo)
  *free = heap().free_bytes();
  *total = device_bytes();
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  FAKE(cudaMalloc)
  return done(heap().allocate(memory, bytes));
}

cudaError_t cudaFree(void* memory) {
  FAKE(cudaFree)
  return done(heap().release(memory));
}

cudaError_t cudaMemcpyAsync(
    void* to, const void* from, std::size_t bytes, cudaMemcpyKind /*kind*/, cudaStream_t stream) {
  FAKE(cudaMemcpyAsync)
  stream->queue([=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  FAKE(cudaMemsetAsync)
  stream->queue([=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned /*flags*/) {
  FAKE(cudaStreamCreateWithFlags)
  *stream = new CUstream_st;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  FAKE(cudaStreamDestroy)
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  FAKE(cudaStreamQuery)
  return done(stream->pending == 0 ? cudaSuccess : cudaErrorNotReady);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  FAKE(cudaStreamSynchronize)
  stream->wait();
  return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  FAKE(cudaLaunchHostFunc)
  stream->queue([=] { function(data); });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  FAKE(cudaEventCreateWithFlags)
  *event = new CUevent_st;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  FAKE(cudaEventDestroy)
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  FAKE(cudaEventRecord)
  const auto state = event->state;
  {
    const std::lock_guard lock(state->mutex);
    state->recorded = false;
  }
  stream->queue([state] {
    const std::lock_guard lock(state->mutex);
    state->time = Clock::now();
    state->recorded = true;
    state->changed.notify_all();
  });
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  FAKE(cudaEventSynchronize)
  const auto state = event->state;
  std::unique_lock lock(state->mutex);
  state->changed.wait(lock, [&state] { return state->recorded; });
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  FAKE(cudaEventElapsedTime)
  *ms = std::chrono::duration<float, std::milli>(end->state->time - start->state->time).count();
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  FAKE(cudaStreamWaitEvent)
  stream->queue([state = event->state] {
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&state] { return state->recorded; });
  });
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode /*mode*/) {
  FAKE(cudaStreamBeginCapture)
  stream->captured = new CUgraph_st;
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  *status =
      stream->captured != nullptr ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  FAKE(cudaStreamEndCapture)
  *graph = std::exchange(stream->captured, nullptr);
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable,
                                          cudaGraph_t graph,
                                          unsigned long long /*flags*/) {
  FAKE(cudaGraphInstantiateWithFlags)
  *executable = new CUgraphExec_st{graph->tasks};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  FAKE(cudaGraphLaunch)
  for (const auto& task : graph->tasks) {
    stream->queue(task);
  }
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  FAKE(cudaGraphDestroy)
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  FAKE(cudaGraphExecDestroy)
  delete graph;
  return cudaSuccess;
}

cudaError_t fabricast_launch_fill(void* data,
                                  int width,
                                  std::uint64_t count,
                                  const fabricast::PatternView& pattern,
                                  cudaStream_t stream) {
  FAKE(launch_fill)
  return with_word(width, [&](auto word) {
    stream->queue([=] {
      fabricast::fill_elements(static_cast<decltype(word)*>(data), count, pattern, 0, 1);
    });
  });
}

cudaError_t fabricast_launch_check(const void* data,
                                   int width,
                                   std::uint64_t count,
                                   const fabricast::PatternView& pattern,
                                   unsigned long long* wrong,
                                   cudaStream_t stream) {
  FAKE(launch_check)
  return with_word(width, [&](auto word) {
    stream->queue([=] {
      *wrong +=
          fabricast::count_wrong(static_cast<const decltype(word)*>(data), count, pattern, 0, 1);
    });
  });
}

cudaError_t fabricast_onchip_channels(fabricast::OnchipProtocol /*protocol*/,
                                      fabricast::DataType /*type*/,
                                      int ranks,
                                      int* channels) {
  FAKE(onchip_channels)
  *channels = 16 / ranks;
  return cudaSuccess;
}

cudaError_t fabricast_launch_onchip(const fabricast::OnchipCall& call,
                                    fabricast::DataType type,
                                    cudaStream_t stream) {
  FAKE(launch_onchip)
  const bool known = fabricast::with_element(type, [&]<typename Element>(Element /*element*/) {
    stream->queue([call] { run_blocks<Element>(call); });
  });
  return done(known ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t fabricast_launch_reduce(void* to,
                                    const fabricast::Inputs& inputs,
                                    fabricast::DataType type,
                                    std::uint64_t count,
                                    cudaStream_t stream) {
  FAKE(launch_reduce)
  return queue_layer(type, stream, [=]<typename Element>(Element /*element*/) {
    fabricast::reduce_elements<Element>(
        static_cast<typename Element::Bits*>(to), inputs, count, kOneThread);
  });
}

cudaError_t fabricast_launch_norm(void* to,
                                  const void* from,
                                  const void* gain,
                                  fabricast::DataType type,
                                  std::uint64_t rows,
                                  std::uint64_t columns,
                                  cudaStream_t stream) {
  FAKE(launch_norm)
  return queue_layer(type, stream, [=]<typename Element>(Element /*element*/) {
    using Bits = typename Element::Bits;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const Bits* x = static_cast<const Bits*>(from) + row * columns;
      const float squares = fabricast::square_sum<Element>(x, columns, kOneThread);
      fabricast::scale_row<Element>(static_cast<Bits*>(to) + row * columns,
                                    x,
                                    static_cast<const Bits*>(gain),
                                    fabricast::norm_factor(squares, columns),
                                    columns,
                                    kOneThread);
    }
  });
}

cudaError_t fabricast_launch_swiglu(void* to,
                                    const void* from,
                                    fabricast::DataType type,
                                    std::uint64_t rows,
                                    std::uint64_t columns,
                                    cudaStream_t stream) {
  FAKE(launch_swiglu)
  return queue_layer(type, stream, [=]<typename Element>(Element /*element*/) {
    using Bits = typename Element::Bits;
    fabricast::swiglu_elements<Element>(
        static_cast<Bits*>(to), static_cast<const Bits*>(from), rows, columns, kOneThread);
  });
}

cudaError_t fabricast_launch_gelu(void* to,
                                  const void* from,
                                  fabricast::DataType type,
                                  std::uint64_t count,
                                  cudaStream_t stream) {
  FAKE(launch_gelu)
  return queue_layer(type, stream, [=]<typename Element>(Element /*element*/) {
    using Bits = typename Element::Bits;
    fabricast::gelu_elements<Element>(
        static_cast<Bits*>(to), static_cast<const Bits*>(from), count, kOneThread);
  });
}

cudaError_t fabricast_launch_adam(const fabricast::AdamState& state,
                                  const fabricast::AdamStep& step,
                                  fabricast::DataType type,
                                  cudaStream_t stream) {
  FAKE(launch_adam)
  return queue_layer(type, stream, [=]<typename Element>(Element /*element*/) {
    fabricast::adam_elements<Element>(state, step, kOneThread);
  });
}

}  // extern "C"

// NOLINTEND(readability-identifier-naming)

static_assert(std::is_same_v<decltype(&fabricast_launch_fill), decltype(&fabricast::launch_fill)>);
static_assert(
    std::is_same_v<decltype(&fabricast_launch_check), decltype(&fabricast::launch_check)>);
static_assert(
    std::is_same_v<decltype(&fabricast_onchip_channels), decltype(&fabricast::onchip_channels)>);
static_assert(
    std::is_same_v<decltype(&fabricast_launch_onchip), decltype(&fabricast::launch_onchip)>);
static_assert(
    std::is_same_v<decltype(&fabricast_launch_reduce), decltype(&fabricast::launch_reduce)>);
static_assert(std::is_same_v<decltype(&fabricast_launch_norm), decltype(&fabricast::launch_norm)>);
static_assert(
    std::is_same_v<decltype(&fabricast_launch_swiglu), decltype(&fabricast::launch_swiglu)>);
static_assert(std::is_same_v<decltype(&fabricast_launch_gelu), decltype(&fabricast::launch_gelu)>);
static_assert(std::is_same_v<decltype(&fabricast_launch_adam), decltype(&fabricast::launch_adam)>);
