// The calls of CUDA's runtime that measuring makes, as a table, so that a shared object can stand
// in for the GPUs. By default they are those linked into the program, which need no driver to load.
#pragma once

#include "kernels/copy_reduce_kernels.hpp"
#include "kernels/layer_kernels.hpp"
#include "kernels/onchip_kernels.hpp"
#include "kernels/pattern_kernels.hpp"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>

namespace fabricast {

/// Under CUDA's own names.
struct CudaApi {
  decltype(&::cudaDriverGetVersion) cudaDriverGetVersion = &::cudaDriverGetVersion;
  decltype(&::cudaRuntimeGetVersion) cudaRuntimeGetVersion = &::cudaRuntimeGetVersion;
  decltype(&::cudaGetErrorString) cudaGetErrorString = &::cudaGetErrorString;
  decltype(&::cudaGetLastError) cudaGetLastError = &::cudaGetLastError;
  decltype(&::cudaGetDeviceCount) cudaGetDeviceCount = &::cudaGetDeviceCount;
  decltype(&::cudaGetDeviceProperties) cudaGetDeviceProperties = &::cudaGetDeviceProperties;
  decltype(&::cudaSetDevice) cudaSetDevice = &::cudaSetDevice;
  decltype(&::cudaMemGetInfo) cudaMemGetInfo = &::cudaMemGetInfo;
  cudaError_t (*cudaMalloc)(void**, std::size_t) = &::cudaMalloc;  // C++ overloads it
  decltype(&::cudaFree) cudaFree = &::cudaFree;
  decltype(&::cudaMemcpyAsync) cudaMemcpyAsync = &::cudaMemcpyAsync;
  decltype(&::cudaMemsetAsync) cudaMemsetAsync = &::cudaMemsetAsync;
  decltype(&::cudaStreamCreateWithFlags) cudaStreamCreateWithFlags = &::cudaStreamCreateWithFlags;
  decltype(&::cudaStreamDestroy) cudaStreamDestroy = &::cudaStreamDestroy;
  decltype(&::cudaStreamQuery) cudaStreamQuery = &::cudaStreamQuery;
  decltype(&::cudaStreamSynchronize) cudaStreamSynchronize = &::cudaStreamSynchronize;
  decltype(&::cudaEventCreateWithFlags) cudaEventCreateWithFlags = &::cudaEventCreateWithFlags;
  decltype(&::cudaEventDestroy) cudaEventDestroy = &::cudaEventDestroy;
  decltype(&::cudaEventRecord) cudaEventRecord = &::cudaEventRecord;
  decltype(&::cudaEventSynchronize) cudaEventSynchronize = &::cudaEventSynchronize;
  decltype(&::cudaEventElapsedTime) cudaEventElapsedTime = &::cudaEventElapsedTime;
  decltype(&::cudaStreamWaitEvent) cudaStreamWaitEvent = &::cudaStreamWaitEvent;
  decltype(&::cudaStreamBeginCapture) cudaStreamBeginCapture = &::cudaStreamBeginCapture;
  decltype(&::cudaStreamEndCapture) cudaStreamEndCapture = &::cudaStreamEndCapture;
  decltype(&::cudaGraphInstantiateWithFlags) cudaGraphInstantiateWithFlags =
      &::cudaGraphInstantiateWithFlags;
  decltype(&::cudaGraphLaunch) cudaGraphLaunch = &::cudaGraphLaunch;
  decltype(&::cudaGraphDestroy) cudaGraphDestroy = &::cudaGraphDestroy;
  decltype(&::cudaGraphExecDestroy) cudaGraphExecDestroy = &::cudaGraphExecDestroy;
  // Our kernels; a shared object has them as fabricast_launch_fill and the like.
  decltype(&::fabricast::launch_fill) launch_fill = &::fabricast::launch_fill;
  decltype(&::fabricast::launch_check) launch_check = &::fabricast::launch_check;
  decltype(&::fabricast::onchip_channels) onchip_channels = &::fabricast::onchip_channels;
  decltype(&::fabricast::launch_onchip) launch_onchip = &::fabricast::launch_onchip;
  decltype(&::fabricast::launch_reduce) launch_reduce = &::fabricast::launch_reduce;
  decltype(&::fabricast::launch_norm) launch_norm = &::fabricast::launch_norm;
  decltype(&::fabricast::launch_swiglu) launch_swiglu = &::fabricast::launch_swiglu;
  decltype(&::fabricast::launch_gelu) launch_gelu = &::fabricast::launch_gelu;
  decltype(&::fabricast::launch_adam) launch_adam = &::fabricast::launch_adam;
};

struct CudaLibrary {
  CudaApi api;
  std::string file;         // "" when the calls are those of this program
  std::string why_missing;  // "" or one line with the remedy: `api` must not be used then
};

/// All calls from `file`, or those of this program for "". Never throws. The file stays open.
CudaLibrary load_cuda(const std::string& file);

/// The calls of this process, looked up once: from the file that FABRICAST_CUDA_LIBRARY names.
const CudaLibrary& cuda_library();
/// Throws Error when that file is of no use.
const CudaApi& cuda();

}  // namespace fabricast
