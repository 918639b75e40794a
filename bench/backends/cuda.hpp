// Checked CUDA calls and handles with one owner.
#pragma once

#include "bench/backends/cuda_api.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fabricast {

/// "cudaMalloc" of "cuda().cudaMalloc(&data, bytes)", "ncclSend" of "api.ncclSend(...)".
std::string_view called_function(std::string_view call);

/// Throws Error naming the call, CUDA's text, file and line, and the remedy where we know one.
/// Clears CUDA's last error.
[[noreturn]] void throw_cuda(cudaError_t status, std::string_view call, const char* file, int line);

inline void check_cuda(cudaError_t status, std::string_view call, const char* file, int line) {
  if (status != cudaSuccess) {
    throw_cuda(status, call, file, line);
  }
}
#define CHECK_CUDA(call) ::fabricast::check_cuda((call), #call, __FILE__, __LINE__)

/// One owner for a C handle. The destructor is the only place where a status is ignored.
template <typename Handle, auto Destroy>
class UniqueHandle {
 public:
  UniqueHandle() = default;
  explicit UniqueHandle(Handle handle) : handle_(handle) {}
  UniqueHandle(UniqueHandle&& other) noexcept : handle_(other.release()) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  UniqueHandle(const UniqueHandle&) = delete;
  UniqueHandle& operator=(const UniqueHandle&) = delete;
  ~UniqueHandle() {
    if (handle_ != Handle{}) {
      Destroy(handle_);
    }
  }

  [[nodiscard]] Handle get() const { return handle_; }
  [[nodiscard]] Handle release() { return std::exchange(handle_, Handle{}); }

 private:
  Handle handle_{};
};

inline void destroy_stream(cudaStream_t stream) {
  static_cast<void>(cuda().cudaStreamDestroy(stream));
}
inline void destroy_event(cudaEvent_t event) { static_cast<void>(cuda().cudaEventDestroy(event)); }
inline void destroy_graph(cudaGraph_t graph) { static_cast<void>(cuda().cudaGraphDestroy(graph)); }
inline void destroy_graph_exec(cudaGraphExec_t graph) {
  static_cast<void>(cuda().cudaGraphExecDestroy(graph));
}
using Graph = UniqueHandle<cudaGraph_t, destroy_graph>;
using GraphExec = UniqueHandle<cudaGraphExec_t, destroy_graph_exec>;
using Stream = UniqueHandle<cudaStream_t, destroy_stream>;
/// What frees it depends on what allocated it.
struct FreeMemory {
  void (*free)(void* memory) = nullptr;
  void operator()(void* memory) const { free(memory); }
};
using DeviceMemory = std::unique_ptr<void, FreeMemory>;
using Event = UniqueHandle<cudaEvent_t, destroy_event>;

/// On the current device. Streams do not wait for the default stream, so everything that belongs
/// together must be queued on one of them.
Stream make_stream();
DeviceMemory allocate_device_memory(std::size_t bytes);
/// One that tells the time.
Event make_event();

/// 13000 -> "13.0", as CUDA counts.
std::string cuda_version_text(int version);
/// "580.65.06 (CUDA 13.0)"; the first part only where the kernel module tells. "" without a driver.
std::string driver_text();
/// The kernel module's version in the text of /proc/driver/nvidia/version, or "".
std::string kernel_module_version(std::string_view text);

}  // namespace fabricast
