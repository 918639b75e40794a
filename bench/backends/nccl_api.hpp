// NCCL, opened at run time: one program runs without it, and with the version that a machine has.
// The types come from nccl.h, 2.13.4 or newer.
#pragma once

#include "bench/backends/cuda.hpp"

#include <nccl.h>

#include <string>
#include <string_view>

namespace fabricast {

/// The entry points in use, under NCCL's own names. Optional ones are null in an older library.
struct NcclApi {
  decltype(&::ncclGetVersion) ncclGetVersion = nullptr;
  decltype(&::ncclGetErrorString) ncclGetErrorString = nullptr;
  decltype(&::ncclGetUniqueId) ncclGetUniqueId = nullptr;
  decltype(&::ncclCommInitRank) ncclCommInitRank = nullptr;
  decltype(&::ncclCommDestroy) ncclCommDestroy = nullptr;
  decltype(&::ncclCommAbort) ncclCommAbort = nullptr;
  decltype(&::ncclCommGetAsyncError) ncclCommGetAsyncError = nullptr;
  decltype(&::ncclGroupStart) ncclGroupStart = nullptr;
  decltype(&::ncclGroupEnd) ncclGroupEnd = nullptr;
  decltype(&::ncclAllReduce) ncclAllReduce = nullptr;
  decltype(&::ncclAllGather) ncclAllGather = nullptr;
  decltype(&::ncclReduceScatter) ncclReduceScatter = nullptr;
  decltype(&::ncclBroadcast) ncclBroadcast = nullptr;
  decltype(&::ncclReduce) ncclReduce = nullptr;
  decltype(&::ncclSend) ncclSend = nullptr;
  decltype(&::ncclRecv) ncclRecv = nullptr;
  // Optional. The second is spelled out: nccl.h may be older than 2.28.
  decltype(&::ncclGetLastError) ncclGetLastError = nullptr;
  ncclResult_t (*ncclAlltoAll)(
      const void*, void*, std::size_t, ncclDataType_t, ncclComm_t, cudaStream_t) = nullptr;
};

struct NcclLibrary {
  NcclApi api;
  int version = 0;          // as ncclGetVersion counts; 0 when nothing was opened
  std::string why_missing;  // "" or one line with the remedy: `api` must not be used then
};

/// Opens `file` (a path, or a name for the loader to find). Never throws. The library stays open
/// until the program ends: NCCL's own threads may outlive any owner.
NcclLibrary load_nccl(const std::string& file);

/// The library of this process, opened once: the file named by FABRICAST_NCCL_LIBRARY, else
/// libnccl.so.2.
const NcclLibrary& nccl_library();
/// Its entry points. Throws Error when there is no usable library.
const NcclApi& nccl();

/// 22809 -> "2.28.9", 2708 -> "2.7.8": the numbering changed with 2.9.
std::string nccl_version_text(int version);

/// Throws Error naming the call, NCCL's text and its account of the last error, file and line.
[[noreturn]] void throw_nccl(ncclResult_t status,
                             std::string_view call,
                             const char* file,
                             int line);

inline void check_nccl(ncclResult_t status, std::string_view call, const char* file, int line) {
  if (status != ncclSuccess) {
    throw_nccl(status, call, file, line);
  }
}
#define CHECK_NCCL(call) ::fabricast::check_nccl((call), #call, __FILE__, __LINE__)

inline void destroy_communicator(ncclComm_t communicator) {
  static_cast<void>(nccl().ncclCommDestroy(communicator));
}
using Communicator = UniqueHandle<ncclComm_t, destroy_communicator>;

}  // namespace fabricast
