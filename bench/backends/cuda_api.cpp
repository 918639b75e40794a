#include "bench/backends/cuda_api.hpp"

#include "bench/backends/shared_object.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <dlfcn.h>

namespace fabricast {

namespace {

constexpr const char* kVariable = "FABRICAST_CUDA_LIBRARY";

struct Symbol {
  const char* name;
  void (*store)(CudaApi& api, void* address);
};

// In two steps, because cuda_runtime_api.h renames some of its calls by macro.
#define FABRICAST_TEXT(word) #word
#define FABRICAST_SYMBOL(call) \
  Symbol { FABRICAST_TEXT(call), store<&CudaApi::call> }

constexpr std::array kSymbols{
    FABRICAST_SYMBOL(cudaDriverGetVersion),
    FABRICAST_SYMBOL(cudaRuntimeGetVersion),
    FABRICAST_SYMBOL(cudaGetErrorString),
    FABRICAST_SYMBOL(cudaGetLastError),
    FABRICAST_SYMBOL(cudaGetDeviceCount),
    FABRICAST_SYMBOL(cudaGetDeviceProperties),
    FABRICAST_SYMBOL(cudaSetDevice),
    FABRICAST_SYMBOL(cudaMemGetInfo),
    FABRICAST_SYMBOL(cudaMalloc),
    FABRICAST_SYMBOL(cudaFree),
    FABRICAST_SYMBOL(cudaMemcpyAsync),
    FABRICAST_SYMBOL(cudaMemsetAsync),
    FABRICAST_SYMBOL(cudaStreamCreateWithFlags),
    FABRICAST_SYMBOL(cudaStreamDestroy),
    FABRICAST_SYMBOL(cudaStreamQuery),
    FABRICAST_SYMBOL(cudaStreamSynchronize),
    FABRICAST_SYMBOL(cudaEventCreateWithFlags),
    FABRICAST_SYMBOL(cudaEventDestroy),
    FABRICAST_SYMBOL(cudaEventRecord),
    FABRICAST_SYMBOL(cudaEventSynchronize),
    FABRICAST_SYMBOL(cudaEventElapsedTime),
    FABRICAST_SYMBOL(cudaStreamWaitEvent),
    FABRICAST_SYMBOL(cudaStreamBeginCapture),
    FABRICAST_SYMBOL(cudaStreamEndCapture),
    FABRICAST_SYMBOL(cudaGraphInstantiateWithFlags),
    FABRICAST_SYMBOL(cudaGraphLaunch),
    FABRICAST_SYMBOL(cudaGraphDestroy),
    FABRICAST_SYMBOL(cudaGraphExecDestroy),
    Symbol{"fabricast_launch_fill",     store<&CudaApi::launch_fill>    },
    Symbol{"fabricast_launch_check",    store<&CudaApi::launch_check>   },
    Symbol{"fabricast_onchip_channels", store<&CudaApi::onchip_channels>},
    Symbol{"fabricast_launch_onchip",   store<&CudaApi::launch_onchip>  },
    Symbol{"fabricast_launch_reduce",   store<&CudaApi::launch_reduce>  },
    Symbol{"fabricast_launch_norm",     store<&CudaApi::launch_norm>    },
    Symbol{"fabricast_launch_swiglu",   store<&CudaApi::launch_swiglu>  },
    Symbol{"fabricast_launch_gelu",     store<&CudaApi::launch_gelu>    },
    Symbol{"fabricast_launch_adam",     store<&CudaApi::launch_adam>    },
};

}  // namespace

CudaLibrary load_cuda(const std::string& file) {
  CudaLibrary library;
  library.file = file;
  if (file.empty()) {
    return library;
  }
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    library.why_missing = fmt::format(
        "the library that {} names cannot be opened ({}): unset it to use this machine's GPUs",
        kVariable,
        dlerror());
    return library;
  }
  for (const Symbol& symbol : kSymbols) {
    void* address = dlsym(handle, symbol.name);
    symbol.store(library.api, address);
    if (address == nullptr && library.why_missing.empty()) {
      library.why_missing = fmt::format(
          "{} has no {}: unset {} to use this machine's GPUs", file, symbol.name, kVariable);
    }
  }
  return library;
}

const CudaLibrary& cuda_library() {
  static const CudaLibrary library = load_cuda(named_library(kVariable, ""));
  return library;
}

const CudaApi& cuda() {
  const CudaLibrary& library = cuda_library();
  if (!library.why_missing.empty()) {
    throw Error(library.why_missing, "", "");
  }
  return library.api;
}

}  // namespace fabricast
