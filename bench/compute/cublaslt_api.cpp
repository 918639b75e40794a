#include "bench/compute/cublaslt_api.hpp"

#include "bench/backends/shared_object.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <dlfcn.h>
#include <filesystem>

namespace fabricast {

namespace {

struct Symbol {
  const char* name;
  void (*store)(CublasLtApi& api, void* address);
};

#define FABRICAST_ROW(call) \
  Symbol { #call, store < &CublasLtApi::call> }

constexpr std::array kSymbols{
    FABRICAST_ROW(cublasLtGetVersion),
    FABRICAST_ROW(cublasLtGetStatusString),
    FABRICAST_ROW(cublasLtCreate),
    FABRICAST_ROW(cublasLtDestroy),
    FABRICAST_ROW(cublasLtMatmulDescCreate),
    FABRICAST_ROW(cublasLtMatmulDescDestroy),
    FABRICAST_ROW(cublasLtMatmulDescSetAttribute),
    FABRICAST_ROW(cublasLtMatrixLayoutCreate),
    FABRICAST_ROW(cublasLtMatrixLayoutDestroy),
    FABRICAST_ROW(cublasLtMatmulPreferenceCreate),
    FABRICAST_ROW(cublasLtMatmulPreferenceDestroy),
    FABRICAST_ROW(cublasLtMatmulPreferenceSetAttribute),
    FABRICAST_ROW(cublasLtMatmulAlgoGetHeuristic),
    FABRICAST_ROW(cublasLtMatmul),
};

}  // namespace

CublasLtLibrary load_cublaslt(const std::string& file) {
  CublasLtLibrary library;
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    library.why_missing = fmt::format(
        "the cuBLASLt library cannot be opened ({}): install libcublas of the CUDA toolkit, put "
        "its folder on LD_LIBRARY_PATH, or name the file in FABRICAST_CUBLASLT_LIBRARY",
        dlerror());
    return library;
  }
  for (const Symbol& symbol : kSymbols) {
    void* address = dlsym(handle, symbol.name);
    symbol.store(library.api, address);
    if (address == nullptr && library.why_missing.empty()) {
      library.why_missing = fmt::format(
          "{} has no {}: name a cuBLASLt library in FABRICAST_CUBLASLT_LIBRARY", file, symbol.name);
    }
  }
  if (library.why_missing.empty()) {
    library.version = library.api.cublasLtGetVersion();
  }
  return library;
}

const CublasLtLibrary& cublaslt_library() {
  static const std::string usual = fmt::format("libcublasLt.so.{}", CUBLAS_VER_MAJOR);
  static const CublasLtLibrary library =
      load_cublaslt(named_library("FABRICAST_CUBLASLT_LIBRARY", usual.c_str()));
  return library;
}

const CublasLtApi& cublaslt() {
  const CublasLtLibrary& library = cublaslt_library();
  if (!library.why_missing.empty()) {
    throw Error(library.why_missing, "", "");
  }
  return library.api;
}

std::string cublaslt_version_text(std::size_t version) {
  return fmt::format("{}.{}.{}", version / 10000, version % 10000 / 100, version % 100);
}

void throw_cublaslt(cublasStatus_t status, std::string_view call, const char* file, int line) {
  throw Error(
      fmt::format(
          "{} failed: {}", called_function(call), cublaslt().cublasLtGetStatusString(status)),
      fmt::format("{}:{}", std::filesystem::path(file).filename().string(), line),
      "CUBLASLT_LOG_LEVEL=2 tells more",
      ExitCode::kCutShort);
}

}  // namespace fabricast
