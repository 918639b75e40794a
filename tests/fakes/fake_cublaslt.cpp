// cuBLASLt without a GPU: products as plain loops, queued on a stream of fake_cuda.cpp.
//
// FAKE_CUBLASLT_WRONG     products from this one on, counted from 1, leave half of their result as
// it was FAKE_CUBLASLT_LACKS     a k for which there is no algorithm FAKE_FAULTS             see
// injection.hpp; statuses are those of cublasStatus_t
#include "bench/host/float8.hpp"
#include "kernels/element.hpp"
#include "tests/fakes/injection.hpp"

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <cublasLt.h>
#include <string>
#include <type_traits>

// NOLINTBEGIN(readability-identifier-naming): the names are cuBLASLt's

namespace {

struct Matmul {
  bool transpose_a = false;
  bool transpose_b = false;
};

struct Layout {
  cudaDataType type;
  std::uint64_t rows;
  std::uint64_t columns;
  std::int64_t leading;
};

struct Matrix {
  Layout layout;
  char* data;
  bool transposed = false;

  [[nodiscard]] std::size_t index(std::uint64_t row, std::uint64_t column) const {
    const auto leading = static_cast<std::uint64_t>(layout.leading);
    return transposed ? row * leading + column : column * leading + row;
  }
  [[nodiscard]] std::uint64_t rows() const { return transposed ? layout.columns : layout.rows; }
  [[nodiscard]] std::uint64_t columns() const { return transposed ? layout.rows : layout.columns; }

  template <typename T>
  [[nodiscard]] T at(std::size_t i) const {
    T value;
    std::memcpy(&value, data + i * sizeof value, sizeof value);
    return value;
  }
  template <typename T>
  void put(std::size_t i, T value) const {
    std::memcpy(data + i * sizeof value, &value, sizeof value);
  }

  [[nodiscard]] float get(std::uint64_t row, std::uint64_t column) const {
    const std::size_t i = index(row, column);
    switch (layout.type) {
      case CUDA_R_16BF:
        return fabricast::Bfloat16::widen(at<std::uint16_t>(i));
      case CUDA_R_16F:
        return fabricast::Float16::widen(at<std::uint16_t>(i));
      case CUDA_R_8F_E4M3:
        return static_cast<float>(at<fabricast::Float8E4M3>(i));
      default:
        return at<float>(i);
    }
  }
  void set(std::uint64_t row, std::uint64_t column, float value) const {
    const std::size_t i = index(row, column);
    switch (layout.type) {
      case CUDA_R_16BF:
        return put(i, fabricast::Bfloat16::narrow(value));
      case CUDA_R_16F:
        return put(i, fabricast::Float16::narrow(value));
      default:
        return put(i, value);
    }
  }
};

struct Product {
  Matrix a;
  Matrix b;
  Matrix result;
  bool wrong;
};

void run(const Product& p) {
  const std::uint64_t rows = p.wrong ? p.result.rows() / 2 : p.result.rows();
  for (std::uint64_t i = 0; i < rows; ++i) {
    for (std::uint64_t j = 0; j < p.result.columns(); ++j) {
      float sum = 0;
      for (std::uint64_t l = 0; l < p.a.columns(); ++l) {
        sum += p.a.get(i, l) * p.b.get(l, j);
      }
      p.result.set(i, j, sum);
    }
  }
}

bool fit(const Matrix& a, const Matrix& b, const Matrix& result) {
  return a.columns() == b.rows() && a.rows() == result.rows() && b.columns() == result.columns();
}

template <typename Opaque>
Layout& layout(Opaque* opaque) {
  return *reinterpret_cast<Layout*>(opaque);
}
Matmul& matmul(cublasLtMatmulDesc_t opaque) { return *reinterpret_cast<Matmul*>(opaque); }

}  // namespace

#define FAKE(call)                                                   \
  if (const auto status = fakes::fault(#call); status.has_value()) { \
    return static_cast<cublasStatus_t>(*status);                     \
  }

extern "C" {

std::size_t cublasLtGetVersion() { return 130002; }

const char* cublasLtGetStatusString(cublasStatus_t status) {
  static thread_local std::string text;
  text = "fake status " + std::to_string(static_cast<int>(status));
  return text.c_str();
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  FAKE(cublasLtCreate)
  *handle = reinterpret_cast<cublasLtHandle_t>(new char);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<char*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* description,
                                        cublasComputeType_t /*compute*/,
                                        cudaDataType_t /*scale*/) {
  FAKE(cublasLtMatmulDescCreate)
  *description = reinterpret_cast<cublasLtMatmulDesc_t>(new Matmul);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
  delete &matmul(description);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value,
                                              std::size_t bytes) {
  FAKE(cublasLtMatmulDescSetAttribute)
  cublasOperation_t operation{};
  if (bytes != sizeof operation) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  std::memcpy(&operation, value, bytes);
  (attribute == CUBLASLT_MATMUL_DESC_TRANSA ? matmul(description).transpose_a
                                            : matmul(description).transpose_b) =
      operation == CUBLAS_OP_T;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* matrix,
                                          cudaDataType type,
                                          std::uint64_t rows,
                                          std::uint64_t columns,
                                          std::int64_t leading) {
  FAKE(cublasLtMatrixLayoutCreate)
  *matrix = reinterpret_cast<cublasLtMatrixLayout_t>(new Layout{type, rows, columns, leading});
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t matrix) {
  delete &layout(matrix);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  FAKE(cublasLtMatmulPreferenceCreate)
  *preference = reinterpret_cast<cublasLtMatmulPreference_t>(new char);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete reinterpret_cast<char*>(preference);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(
    cublasLtMatmulPreference_t /*preference*/,
    cublasLtMatmulPreferenceAttributes_t /*attribute*/,
    const void* /*value*/,
    std::size_t /*bytes*/) {
  FAKE(cublasLtMatmulPreferenceSetAttribute)
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t /*handle*/,
                                              cublasLtMatmulDesc_t description,
                                              cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t /*c*/,
                                              cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t /*preference*/,
                                              int /*wanted*/,
                                              cublasLtMatmulHeuristicResult_t* results,
                                              int* found) {
  FAKE(cublasLtMatmulAlgoGetHeuristic)
  const Matrix left{layout(a), nullptr, matmul(description).transpose_a};
  const Matrix right{layout(b), nullptr, matmul(description).transpose_b};
  *found = 0;
  if (!fit(left, right, {layout(d), nullptr})) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  // As Hopper: float8 with both factors contiguous along k alone.
  const bool turned = left.transposed && !right.transposed;
  if ((left.layout.type == CUDA_R_8F_E4M3 && !turned) ||
      static_cast<std::int64_t>(left.columns()) == fakes::number("FAKE_CUBLASLT_LACKS", 0)) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  results[0] = {};
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t /*handle*/,
                              cublasLtMatmulDesc_t description,
                              const void* /*alpha*/,
                              const void* a,
                              cublasLtMatrixLayout_t a_layout,
                              const void* b,
                              cublasLtMatrixLayout_t b_layout,
                              const void* /*beta*/,
                              const void* /*c*/,
                              cublasLtMatrixLayout_t /*c_layout*/,
                              void* d,
                              cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* /*algorithm*/,
                              void* /*workspace*/,
                              std::size_t /*workspace_bytes*/,
                              cudaStream_t stream) {
  FAKE(cublasLtMatmul)
  static std::atomic<std::int64_t> calls = 0;
  const auto bytes = [](const void* data) { return static_cast<char*>(const_cast<void*>(data)); };
  auto* product = new Product{
      {layout(a_layout),                 bytes(a), matmul(description).transpose_a},
      {layout(b_layout),                                bytes(b),                         matmul(description).transpose_b},
      {layout(d_layout), bytes(d)},
      ++calls >= fakes::number("FAKE_CUBLASLT_WRONG", INT64_MAX)
  };
  const auto work = [](void* data) {
    run(*static_cast<Product*>(data));
    delete static_cast<Product*>(data);
  };
  return cudaLaunchHostFunc(stream, work, product) == cudaSuccess ? CUBLAS_STATUS_SUCCESS
                                                                  : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // extern "C"

// NOLINTEND(readability-identifier-naming)
