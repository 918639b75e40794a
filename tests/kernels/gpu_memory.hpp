// A GPU for tests, if there is one, and memory on it.
#pragma once

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace fabricast {

/// "" or why there is no GPU to test on.
inline std::string why_no_gpu() {
  int driver = 0;
  int count = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    return "no NVIDIA driver here";
  }
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    return cudaGetErrorString(status);
  }
  return count > 0 ? "" : "no GPU here";
}

/// Device memory that lives as long as the object, poisoned when made.
class GpuBytes {
 public:
  explicit GpuBytes(std::uint64_t bytes, int value = 0xA5) : bytes_(bytes) {
    EXPECT_EQ(cudaMalloc(&data_, bytes + 1), cudaSuccess);
    EXPECT_EQ(cudaMemset(data_, value, bytes), cudaSuccess);
  }
  ~GpuBytes() { static_cast<void>(cudaFree(data_)); }
  GpuBytes(GpuBytes&& other) noexcept : bytes_(other.bytes_), data_(other.data_) {
    other.data_ = nullptr;
  }
  GpuBytes& operator=(GpuBytes&&) = delete;
  GpuBytes(const GpuBytes&) = delete;
  GpuBytes& operator=(const GpuBytes&) = delete;

  [[nodiscard]] std::byte* data() const { return static_cast<std::byte*>(data_); }
  void set(const std::vector<std::byte>& host) const {
    EXPECT_EQ(cudaMemcpy(data_, host.data(), host.size(), cudaMemcpyHostToDevice), cudaSuccess);
  }
  /// Waits for the device first.
  [[nodiscard]] std::vector<std::byte> get() const {
    std::vector<std::byte> host(bytes_);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(host.data(), data_, bytes_, cudaMemcpyDeviceToHost), cudaSuccess);
    return host;
  }

 private:
  std::uint64_t bytes_;
  void* data_ = nullptr;
};

}  // namespace fabricast
