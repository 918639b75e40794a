#include "bench/backends/cuda.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/compute/compute_backend.hpp"
#include "bench/compute/cublaslt_product.hpp"
#include "bench/compute/operands.hpp"
#include "bench/compute/random_values.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

namespace fabricast {

namespace {

/// The compute capability that a type's tensor cores came with, times ten.
struct Requirement {
  ComputeType type;
  int capability;
};
constexpr std::array kRequirements{
    Requirement{ComputeType::kBfloat16,   80},
    Requirement{ComputeType::kTfloat32,   80},
    Requirement{ComputeType::kFloat8E4M3, 89},
};

class CudaCompute final : public ComputeBackend {
 public:
  CudaCompute() {
    if (const std::string why = why_no_cuda_compute(); !why.empty()) {
      throw Error(why, "host " + host_name(), "--backend host computes on this host's processor");
    }
    CHECK_CUDA(cuda().cudaSetDevice(0));
    CHECK_CUDA(cuda().cudaGetDeviceProperties(&properties_, 0));
    stream_ = make_stream();
    start_ = make_event();
    stop_ = make_event();
    cublasLtHandle_t handle = nullptr;
    CHECK_CUBLASLT(cublaslt().cublasLtCreate(&handle));
    handle_ = CublasLtHandle(handle);
    workspace_ = allocate_device_memory(kProductWorkspace);
  }

  [[nodiscard]] std::string name() const override { return "cuda"; }
  [[nodiscard]] std::string machine() const override {
    return fmt::format("1 x {}", properties_.name);
  }
  [[nodiscard]] std::map<std::string, std::string> versions() const override {
    const GpuInventory found = inspect_gpus();
    return {
        {"cuda_driver",  found.driver                                     },
        {"cuda_runtime", found.runtime                                    },
        {"cublaslt",     cublaslt_version_text(cublaslt_library().version)}
    };
  }
  [[nodiscard]] std::vector<std::string> warnings() const override {
    const std::string& file = cuda_library().file;
    return file.empty() ? std::vector<std::string>{}
                        : std::vector{fmt::format("not a GPU: CUDA's calls are those of {}", file)};
  }
  [[nodiscard]] ComputeType usual_type() const override {
    return why_no_type(ComputeType::kBfloat16).empty() ? ComputeType::kBfloat16
                                                       : ComputeType::kFloat16;
  }
  [[nodiscard]] std::string why_not(const ComputeCase& c) override {
    if (const std::string why = why_no_type(c.type); !why.empty()) {
      return why;
    }
    return info(c.work.part).product ? CublasLtProduct(c, handle_.get()).why_not() : "";
  }
  [[nodiscard]] std::uint64_t available_memory() const override {
    std::size_t free = 0;
    std::size_t total = 0;
    CHECK_CUDA(cuda().cudaMemGetInfo(&free, &total));
    return free;
  }
  [[nodiscard]] std::uint64_t cache_bytes() const override {
    return static_cast<std::uint64_t>(properties_.l2CacheSize);
  }

  [[nodiscard]] std::shared_ptr<void> allocate(std::uint64_t bytes) override {
    return allocate_device_memory(bytes);
  }
  void fill_random(void* data,
                   DataType type,
                   std::uint64_t elements,
                   std::uint64_t shift) override {
    const PatternView pattern{
        .table = table_of(type), .period = RandomValues::kPeriod, .shift = shift};
    CHECK_CUDA(cuda().launch_fill(data, info(type).bytes, elements, pattern, stream_.get()));
  }
  void fill_bytes(void* data, int value, std::uint64_t bytes) override {
    CHECK_CUDA(cuda().cudaMemsetAsync(data, value, bytes, stream_.get()));
  }
  void read(void* to, const void* from, std::size_t bytes) override {
    copy(to, from, bytes, cudaMemcpyDeviceToHost);
  }
  void write(void* to, const void* from, std::size_t bytes) override {
    copy(to, from, bytes, cudaMemcpyHostToDevice);
  }

  [[nodiscard]] ComputeCall prepare(const ComputeCase& c) override {
    if (!info(c.work.part).product) {
      return [this, c](const std::vector<void*>& buffers, int step) { move(c, buffers, step); };
    }
    const auto product = std::make_shared<CublasLtProduct>(c, handle_.get());
    return [this, product](const std::vector<void*>& buffers, int /*step*/) {
      product->queue(buffers[0], buffers[1], buffers[2], workspace_.get(), stream_.get());
    };
  }
  [[nodiscard]] Seconds timed(const std::function<void()>& calls) override {
    CHECK_CUDA(cuda().cudaEventRecord(start_.get(), stream_.get()));
    calls();
    CHECK_CUDA(cuda().cudaEventRecord(stop_.get(), stream_.get()));
    CHECK_CUDA(cuda().cudaEventSynchronize(stop_.get()));
    float ms = 0;
    CHECK_CUDA(cuda().cudaEventElapsedTime(&ms, start_.get(), stop_.get()));
    return Seconds(static_cast<double>(ms) * 1e-3);
  }

 private:
  [[nodiscard]] std::string why_no_type(ComputeType type) const {
    const int capability = 10 * properties_.major + properties_.minor;
    for (const Requirement& r : kRequirements) {
      if (r.type == type && capability < r.capability) {
        return fmt::format("{} needs compute capability {}.{}, {} has {}.{}",
                           fabricast::name(type),
                           r.capability / 10,
                           r.capability % 10,
                           properties_.name,
                           properties_.major,
                           properties_.minor);
      }
    }
    return "";
  }

  const std::uint64_t* table_of(DataType type) {
    DeviceMemory& memory = tables_[type];
    if (memory.get() == nullptr) {
      const auto& bits = random_values(type).bits();
      memory = allocate_device_memory(bits.size() * sizeof bits[0]);
      write(memory.get(), bits.data(), bits.size() * sizeof bits[0]);
    }
    return static_cast<const std::uint64_t*>(memory.get());
  }

  void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    CHECK_CUDA(cuda().cudaMemcpyAsync(to, from, bytes, kind, stream_.get()));
    CHECK_CUDA(cuda().cudaStreamSynchronize(stream_.get()));
  }

  void move(const ComputeCase& c, const std::vector<void*>& b, int step) {
    const LayerWork& w = c.work;
    const DataType type = info(c.type).input;
    switch (w.part) {
      case LayerPart::kNorm:
        return CHECK_CUDA(cuda().launch_norm(b[2], b[0], b[1], type, w.m, w.n, stream_.get()));
      case LayerPart::kSwiglu:
        return CHECK_CUDA(cuda().launch_swiglu(b[1], b[0], type, w.m, w.n, stream_.get()));
      case LayerPart::kGelu:
        return CHECK_CUDA(cuda().launch_gelu(b[1], b[0], type, w.m * w.n, stream_.get()));
      case LayerPart::kOptimizer:
        return update(type, w.m * w.n, b, step);
      default: {
        const Inputs inputs{
            .data = {b[0], b[1]},
              .number = 2
        };
        return CHECK_CUDA(cuda().launch_reduce(b[2], inputs, type, w.m * w.n, stream_.get()));
      }
    }
  }

  void update(DataType type, std::uint64_t count, const std::vector<void*>& b, int step) {
    const auto floats = [&](std::size_t operand) { return static_cast<float*>(b[operand]); };
    void* copy = type == DataType::kFloat32 ? nullptr : b[4];
    const AdamState state{b[0], floats(1), floats(2), floats(3), copy, count};
    CHECK_CUDA(cuda().launch_adam(state, adam_step(step), type, stream_.get()));
  }

  cudaDeviceProp properties_{};
  Stream stream_;
  Event start_;
  Event stop_;
  CublasLtHandle handle_;
  DeviceMemory workspace_;
  std::map<DataType, DeviceMemory> tables_;
};

}  // namespace

std::unique_ptr<ComputeBackend> make_cuda_compute() { return std::make_unique<CudaCompute>(); }

std::string why_no_cuda_compute() {
  const GpuInventory found = inspect_gpus();
  return found.count == 0 ? found.why_none : cublaslt_library().why_missing;
}

}  // namespace fabricast
