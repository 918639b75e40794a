// One matrix product as cuBLASLt runs it.
#pragma once

#include "bench/compute/compute_backend.hpp"
#include "bench/compute/cublaslt_api.hpp"

namespace fabricast {

/// What cuBLASLt may use beside the matrices: its documentation advises 32 MiB from Hopper on.
inline constexpr std::size_t kProductWorkspace = 32ULL << 20;

/// Descriptions of a case and the algorithm that cuBLASLt's heuristic puts first. float32
/// accumulation; the result is not added to what is there.
class CublasLtProduct {
 public:
  CublasLtProduct(const ComputeCase& c, cublasLtHandle_t handle);

  /// "" or why cuBLASLt cannot run it.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

  /// Queues result = a b; `workspace` is kProductWorkspace bytes of device memory.
  void queue(
      const void* a, const void* b, void* result, void* workspace, cudaStream_t stream) const;

 private:
  cublasLtHandle_t handle_;
  MatmulDescription description_;
  // cuBLAS counts by columns: it is asked for the transposed result, the second factor first.
  MatrixLayout b_;
  MatrixLayout a_;
  MatrixLayout result_;
  cublasLtMatmulAlgo_t algorithm_{};
  std::string why_not_;
};

}  // namespace fabricast
