#include "bench/compute/cublaslt_product.hpp"

#include "bench/compute/operands.hpp"

#include <fmt/format.h>

#include <array>

namespace fabricast {

namespace {

struct TypeInCublas {
  ComputeType type;
  cudaDataType_t input;
  cudaDataType_t result;
  cublasComputeType_t compute;
};
constexpr std::array kTypes{
    TypeInCublas{ComputeType::kBfloat16,   CUDA_R_16BF,    CUDA_R_16BF, CUBLAS_COMPUTE_32F          },
    TypeInCublas{ComputeType::kFloat16,    CUDA_R_16F,     CUDA_R_16F,  CUBLAS_COMPUTE_32F          },
    TypeInCublas{ComputeType::kFloat8E4M3, CUDA_R_8F_E4M3, CUDA_R_16BF, CUBLAS_COMPUTE_32F          },
    TypeInCublas{ComputeType::kTfloat32,   CUDA_R_32F,     CUDA_R_32F,  CUBLAS_COMPUTE_32F_FAST_TF32},
    TypeInCublas{ComputeType::kFloat32,    CUDA_R_32F,     CUDA_R_32F,  CUBLAS_COMPUTE_32F          },
};

const TypeInCublas& in_cublas(ComputeType type) { return kTypes[static_cast<std::size_t>(type)]; }

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].type != kComputeTypes[i].id) {
      return false;
    }
  }
  return true;
}
static_assert(rows_are_in_order());

// `rows` x `columns` as cuBLAS sees it, without gaps.
MatrixLayout make_layout(cudaDataType_t type, std::uint64_t rows, std::uint64_t columns) {
  cublasLtMatrixLayout_t layout = nullptr;
  CHECK_CUBLASLT(cublaslt().cublasLtMatrixLayoutCreate(
      &layout, type, rows, columns, static_cast<std::int64_t>(rows)));
  return MatrixLayout(layout);
}

MatmulDescription make_description(cublasComputeType_t compute,
                                   bool transpose_b,
                                   bool transpose_a) {
  cublasLtMatmulDesc_t description = nullptr;
  CHECK_CUBLASLT(cublaslt().cublasLtMatmulDescCreate(&description, compute, CUDA_R_32F));
  MatmulDescription owner(description);
  const auto set = [&](cublasLtMatmulDescAttributes_t attribute, bool transposed) {
    const cublasOperation_t operation = transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    CHECK_CUBLASLT(cublaslt().cublasLtMatmulDescSetAttribute(
        description, attribute, &operation, sizeof operation));
  };
  set(CUBLASLT_MATMUL_DESC_TRANSA, transpose_b);
  set(CUBLASLT_MATMUL_DESC_TRANSB, transpose_a);
  return owner;
}

MatmulPreference make_preference() {
  cublasLtMatmulPreference_t preference = nullptr;
  CHECK_CUBLASLT(cublaslt().cublasLtMatmulPreferenceCreate(&preference));
  MatmulPreference owner(preference);
  const std::uint64_t bytes = kProductWorkspace;
  CHECK_CUBLASLT(cublaslt().cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof bytes));
  return owner;
}

}  // namespace

CublasLtProduct::CublasLtProduct(const ComputeCase& c, cublasLtHandle_t handle) : handle_(handle) {
  const auto [m, n, k] = std::tuple(c.work.m, c.work.n, c.work.k);
  const ProductLayout layout = layout_of(c);
  const TypeInCublas& type = in_cublas(c.type);
  // A matrix by rows is its transposed by columns: b(l, j) at j * k + l is a k x n matrix to
  // cuBLAS, which has to be turned to become n x k.
  description_ = make_description(type.compute, layout.b_by_columns, !layout.a_by_rows);
  b_ = layout.b_by_columns ? make_layout(type.input, k, n) : make_layout(type.input, n, k);
  a_ = layout.a_by_rows ? make_layout(type.input, k, m) : make_layout(type.input, m, k);
  result_ = make_layout(type.result, n, m);

  const MatmulPreference preference = make_preference();
  cublasLtMatmulHeuristicResult_t found{};
  int number = 0;
  const cublasStatus_t status = cublaslt().cublasLtMatmulAlgoGetHeuristic(handle,
                                                                          description_.get(),
                                                                          b_.get(),
                                                                          a_.get(),
                                                                          result_.get(),
                                                                          result_.get(),
                                                                          preference.get(),
                                                                          1,
                                                                          &found,
                                                                          &number);
  if (status != CUBLAS_STATUS_SUCCESS || number == 0) {
    why_not_ = fmt::format("cuBLASLt {} has no algorithm for {} of {} x {} x {} ({})",
                           cublaslt_version_text(cublaslt_library().version),
                           name(c.type),
                           m,
                           n,
                           k,
                           cublaslt().cublasLtGetStatusString(status));
    return;
  }
  algorithm_ = found.algo;
}

void CublasLtProduct::queue(
    const void* a, const void* b, void* result, void* workspace, cudaStream_t stream) const {
  const float one = 1;
  const float zero = 0;
  CHECK_CUBLASLT(cublaslt().cublasLtMatmul(handle_,
                                           description_.get(),
                                           &one,
                                           b,
                                           b_.get(),
                                           a,
                                           a_.get(),
                                           &zero,
                                           result,
                                           result_.get(),
                                           result,
                                           result_.get(),
                                           &algorithm_,
                                           workspace,
                                           kProductWorkspace,
                                           stream));
}

}  // namespace fabricast
