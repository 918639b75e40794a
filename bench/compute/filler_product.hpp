// Matrix products as a load beside communication: so many floating-point operations, in the shape
// that runs best.
#pragma once

#include "bench/compute/cublaslt_product.hpp"

#include <cstdint>
#include <map>

namespace fabricast {

class FillerProducts {
 public:
  FillerProducts() = default;
  /// On the current device, for loads of up to `most_flops` at once.
  FillerProducts(double most_flops, cudaStream_t stream);

  /// Queues one bfloat16 product of about so many floating-point operations: as near to a cube as
  /// multiples of 64 allow.
  void queue(double flops, cudaStream_t stream);

 private:
  struct Shape {
    std::uint64_t edge;  // n and k
    std::uint64_t m;
  };
  static Shape shape_of(double flops);

  CublasLtHandle handle_;
  DeviceMemory workspace_;
  DeviceMemory a_;
  DeviceMemory b_;
  DeviceMemory result_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, CublasLtProduct> products_;
};

}  // namespace fabricast
