// How near the kernels come to the rate at which CUDA copies device memory, measured in the same
// run. Bytes are those that the operation must move, read plus written. Needs a GPU.
#include "bench/backends/cuda.hpp"
#include "bench/backends/gpu.hpp"
#include "core/error.hpp"
#include "core/pattern.hpp"
#include "kernels/copy_reduce_kernels.hpp"
#include "kernels/onchip_kernels.hpp"
#include "kernels/pattern_kernels.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace fabricast {
namespace {

// Several times the largest L2 cache there is.
constexpr std::uint64_t kBufferBytes = 512ULL << 20;
constexpr int kRanks = 8;

using Event = UniqueHandle<cudaEvent_t, cudaEventDestroy>;

Event make_event() {
  cudaEvent_t event = nullptr;
  CHECK_CUDA(cudaEventCreate(&event));
  return Event(event);
}

// The one stream of this program, and its clock.
class Gpu {
 public:
  /// Seconds that the device takes for what `queue` queues.
  double seconds(const std::function<void(cudaStream_t)>& queue) const {
    CHECK_CUDA(cudaEventRecord(start_.get(), stream_.get()));
    queue(stream_.get());
    CHECK_CUDA(cudaEventRecord(stop_.get(), stream_.get()));
    CHECK_CUDA(cudaEventSynchronize(stop_.get()));
    float ms = 0;
    CHECK_CUDA(cudaEventElapsedTime(&ms, start_.get(), stop_.get()));
    return static_cast<double>(ms) * 1e-3;
  }

  /// Memory full of hashes: equal bytes could move faster than data do.
  DeviceMemory memory(std::uint64_t bytes) const {
    DeviceMemory memory = allocate_device_memory(bytes + 64);
    CHECK_CUDA(launch_fill(memory.get(), 8, (bytes + 64) / 8, PatternView{}, stream_.get()));
    CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
    return memory;
  }

 private:
  Stream stream_ = make_stream();
  Event start_ = make_event();
  Event stop_ = make_event();
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Bytes per second, read plus written, of cudaMemcpyAsync within the device.
double copy_rate(const Gpu& gpu) {
  const DeviceMemory from = gpu.memory(kBufferBytes);
  const DeviceMemory to = gpu.memory(kBufferBytes);
  std::vector<double> seconds;
  for (int i = 0; i < 25; ++i) {
    seconds.push_back(gpu.seconds([&](cudaStream_t stream) {
      CHECK_CUDA(
          cudaMemcpyAsync(to.get(), from.get(), kBufferBytes, cudaMemcpyDeviceToDevice, stream));
    }));
  }
  return 2.0 * static_cast<double>(kBufferBytes) / median(seconds);
}

// Times `queue` and says how its rate compares with the copy's.
void time(benchmark::State& state,
          const Gpu& gpu,
          double copy,
          double bytes,
          const std::function<void(cudaStream_t)>& queue) {
  std::vector<double> seconds;
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(gpu.seconds(queue));
  }
  for (auto _ : state) {
    seconds.push_back(gpu.seconds(queue));
    state.SetIterationTime(seconds.back());
  }
  const double rate = bytes / median(seconds);
  state.counters["median_us"] = median(seconds) * 1e6;
  state.counters["GBps"] = rate * 1e-9;
  state.counters["of_copy"] = rate / copy;
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& body) {
  benchmark::RegisterBenchmark(name.c_str(), body)->UseManualTime()->Unit(benchmark::kMicrosecond);
}

void add_copies(const Gpu& gpu, double rate) {
  // Aligned; both 4 bytes off a line; 4 bytes apart, so that words of 4 bytes are what is left.
  for (const auto& [to_off, from_off] : {
           std::pair{0, 0},
           {4, 4},
           {4, 0}
  }) {
    add(fmt::format("copy/to+{}/from+{}", to_off, from_off),
        [&gpu, rate, to_off = to_off, from_off = from_off](benchmark::State& state) {
          const DeviceMemory from = gpu.memory(kBufferBytes);
          const DeviceMemory to = gpu.memory(kBufferBytes);
          time(state, gpu, rate, 2.0 * kBufferBytes, [&](cudaStream_t stream) {
            CHECK_CUDA(launch_copy(static_cast<std::byte*>(to.get()) + to_off,
                                   static_cast<std::byte*>(from.get()) + from_off,
                                   kBufferBytes,
                                   stream));
          });
        });
  }
}

void add_sums(const Gpu& gpu, double rate) {
  for (const DataType type : {DataType::kFloat16,
                              DataType::kBfloat16,
                              DataType::kFloat32,
                              DataType::kFloat64,
                              DataType::kInt32,
                              DataType::kInt64}) {
    for (const int inputs : {2, 3, 8}) {
      add(fmt::format("reduce/{}/{}", name(type), inputs),
          [&gpu, rate, type, inputs](benchmark::State& state) {
            std::vector<DeviceMemory> memory;
            Inputs list;
            list.number = inputs;
            for (int k = 0; k < inputs; ++k) {
              memory.push_back(gpu.memory(kBufferBytes));
              list.data[k] = memory.back().get();
            }
            const DeviceMemory to = gpu.memory(kBufferBytes);
            const auto count = kBufferBytes / static_cast<std::uint64_t>(info(type).bytes);
            time(state, gpu, rate, (inputs + 1.0) * kBufferBytes, [&](cudaStream_t stream) {
              CHECK_CUDA(launch_reduce(to.get(), list, type, count, stream));
            });
          });
    }
  }
}

// of_copy compares with the least that any algorithm must move; moved_of_copy with what this one
// moves through its pipes as well, caches left aside (so that it may exceed 1).
void collective(benchmark::State& state,
                const Gpu& gpu,
                double rate,
                const OnchipAlgorithmInfo& algorithm,
                const OnchipProtocolInfo& protocol,
                std::uint64_t message) {
  int channels = 0;
  CHECK_CUDA(onchip_channels(protocol.id, DataType::kFloat32, kRanks, &channels));
  const bool blocks = info(algorithm.collective).blocks_per_rank;
  const std::uint64_t count = message / sizeof(float) / (blocks ? kRanks : 1);
  OnchipCall call{
      .plan = make_onchip_plan(algorithm.id, protocol.id, kRanks, channels, count, sizeof(float))};
  const DeviceMemory workspace = allocate_device_memory(onchip_workspace_bytes(call.plan));
  CHECK_CUDA(cudaMemset(workspace.get(), 0, onchip_workspace_bytes(call.plan)));
  CHECK_CUDA(cudaDeviceSynchronize());
  call.workspace = static_cast<std::byte*>(workspace.get());
  std::vector<DeviceMemory> memory;
  for (int rank = 0; rank < kRanks; ++rank) {
    const Extents size = extents(algorithm.collective, rank, kRanks, count);
    memory.push_back(gpu.memory(size.send * sizeof(float)));
    call.send[rank] = memory.back().get();
    memory.push_back(gpu.memory(size.receive * sizeof(float)));
    call.receive[rank] = memory.back().get();
  }
  const Bytes bytes(static_cast<double>(message));
  const double least = onchip_floor(algorithm.collective, kRanks, bytes).si();
  time(state, gpu, rate, least, [&](cudaStream_t stream) {
    CHECK_CUDA(launch_onchip(call, DataType::kFloat32, stream));
  });
  state.counters["moved_of_copy"] =
      state.counters["of_copy"] * onchip_moved(algorithm, protocol, kRanks, bytes).si() / least;
}

void add_collectives(const Gpu& gpu, double rate) {
  for (const auto& algorithm : kOnchipAlgorithms) {
    for (const auto& protocol : kOnchipProtocols) {
      for (const std::uint64_t message : {64ULL << 10, 256ULL << 20}) {
        add(fmt::format("onchip/{}/{}_{}/{}",
                        name(algorithm.collective),
                        algorithm.name,
                        protocol.name,
                        message),
            [&gpu, rate, &algorithm, &protocol, message](benchmark::State& state) {
              collective(state, gpu, rate, algorithm, protocol, message);
            });
      }
    }
  }
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (const GpuInventory found = inspect_gpus(); found.count == 0) {
    fmt::print("kernels_benchmark: skipped, {}\n", found.why_none);
    return static_cast<int>(ExitCode::kSkipped);
  }
  const Gpu gpu;
  const double rate = copy_rate(gpu);
  fmt::print("cudaMemcpy within the device: {:.1f} GB/s, read plus written\n", rate * 1e-9);
  benchmark::AddCustomContext("copy_GBps", fmt::format("{:.1f}", rate * 1e-9));
  add_copies(gpu, rate);
  add_sums(gpu, rate);
  add_collectives(gpu, rate);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace fabricast

int main(int argc, char** argv) {
  try {
    return fabricast::run(argc, argv);
  } catch (const fabricast::Error& error) {
    fmt::print(stderr, "kernels_benchmark: {}\n", error.what());
    return static_cast<int>(error.exit_code());
  }
}
