// cuBLASLt, opened at run time: the program starts and measures the rest without it. The types come
// from cublasLt.h of the toolkit that built the program.
#pragma once

#include "bench/backends/cuda.hpp"

#include <cublasLt.h>
#include <string>
#include <string_view>

namespace fabricast {

/// Entry points under cuBLASLt's own names.
struct CublasLtApi {
  decltype(&::cublasLtGetVersion) cublasLtGetVersion = nullptr;
  decltype(&::cublasLtGetStatusString) cublasLtGetStatusString = nullptr;
  decltype(&::cublasLtCreate) cublasLtCreate = nullptr;
  decltype(&::cublasLtDestroy) cublasLtDestroy = nullptr;
  decltype(&::cublasLtMatmulDescCreate) cublasLtMatmulDescCreate = nullptr;
  decltype(&::cublasLtMatmulDescDestroy) cublasLtMatmulDescDestroy = nullptr;
  decltype(&::cublasLtMatmulDescSetAttribute) cublasLtMatmulDescSetAttribute = nullptr;
  decltype(&::cublasLtMatrixLayoutCreate) cublasLtMatrixLayoutCreate = nullptr;
  decltype(&::cublasLtMatrixLayoutDestroy) cublasLtMatrixLayoutDestroy = nullptr;
  decltype(&::cublasLtMatmulPreferenceCreate) cublasLtMatmulPreferenceCreate = nullptr;
  decltype(&::cublasLtMatmulPreferenceDestroy) cublasLtMatmulPreferenceDestroy = nullptr;
  decltype(&::cublasLtMatmulPreferenceSetAttribute) cublasLtMatmulPreferenceSetAttribute = nullptr;
  decltype(&::cublasLtMatmulAlgoGetHeuristic) cublasLtMatmulAlgoGetHeuristic = nullptr;
  decltype(&::cublasLtMatmul) cublasLtMatmul = nullptr;
};

struct CublasLtLibrary {
  CublasLtApi api;
  std::size_t version = 0;  // as cublasLtGetVersion counts; 0 when nothing was opened
  std::string why_missing;  // "" or one line with the remedy: `api` must not be used then
};

/// Opens `file` (a path, or a name for the loader to find). Never throws. The library stays open.
CublasLtLibrary load_cublaslt(const std::string& file);

/// The library of this process, opened once: the file named by FABRICAST_CUBLASLT_LIBRARY, else
/// libcublasLt.so of this toolkit's major version.
const CublasLtLibrary& cublaslt_library();
/// Its entry points. Throws Error when there is no usable library.
const CublasLtApi& cublaslt();

/// 130002 -> "13.0.2", as cuBLAS counts since 11; 120805 -> "12.8.5".
std::string cublaslt_version_text(std::size_t version);

/// Throws Error naming the call, cuBLAS's text, file and line.
[[noreturn]] void throw_cublaslt(cublasStatus_t status,
                                 std::string_view call,
                                 const char* file,
                                 int line);

inline void check_cublaslt(cublasStatus_t status,
                           std::string_view call,
                           const char* file,
                           int line) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw_cublaslt(status, call, file, line);
  }
}
#define CHECK_CUBLASLT(call) ::fabricast::check_cublaslt((call), #call, __FILE__, __LINE__)

inline void destroy_cublaslt(cublasLtHandle_t handle) {
  static_cast<void>(cublaslt().cublasLtDestroy(handle));
}
inline void destroy_matmul(cublasLtMatmulDesc_t description) {
  static_cast<void>(cublaslt().cublasLtMatmulDescDestroy(description));
}
inline void destroy_layout(cublasLtMatrixLayout_t layout) {
  static_cast<void>(cublaslt().cublasLtMatrixLayoutDestroy(layout));
}
inline void destroy_preference(cublasLtMatmulPreference_t preference) {
  static_cast<void>(cublaslt().cublasLtMatmulPreferenceDestroy(preference));
}
using CublasLtHandle = UniqueHandle<cublasLtHandle_t, destroy_cublaslt>;
using MatmulDescription = UniqueHandle<cublasLtMatmulDesc_t, destroy_matmul>;
using MatrixLayout = UniqueHandle<cublasLtMatrixLayout_t, destroy_layout>;
using MatmulPreference = UniqueHandle<cublasLtMatmulPreference_t, destroy_preference>;

}  // namespace fabricast
