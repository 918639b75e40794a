// NCCL, opened at run time: one program runs without it, and with the version that a machine has.
// The types come from nccl.h, 2.18.1 or newer.
#pragma once

#include "bench/backends/cuda.hpp"

#include <nccl.h>

#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// Entry points under NCCL's own names. What an older library lacks is null (why_lacking), up to
/// ncclGroupEnd excepted, which nothing works without.
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
  decltype(&::ncclRedOpCreatePreMulSum) ncclRedOpCreatePreMulSum = nullptr;
  decltype(&::ncclRedOpDestroy) ncclRedOpDestroy = nullptr;
  decltype(&::ncclGetLastError) ncclGetLastError = nullptr;
  decltype(&::ncclCommInitRankConfig) ncclCommInitRankConfig = nullptr;
  decltype(&::ncclCommSplit) ncclCommSplit = nullptr;
  // Spelled out, because nccl.h may be older: ncclSimInfo_t* and ncclWindow_t are given as void*.
  ncclResult_t (*ncclMemAlloc)(void** memory, std::size_t bytes) = nullptr;
  ncclResult_t (*ncclMemFree)(void* memory) = nullptr;
  ncclResult_t (*ncclCommRegister)(ncclComm_t, void*, std::size_t, void** handle) = nullptr;
  ncclResult_t (*ncclCommDeregister)(ncclComm_t, void* handle) = nullptr;
  ncclResult_t (*ncclGroupSimulateEnd)(void* simulated) = nullptr;
  ncclResult_t (*ncclCommWindowRegister)(ncclComm_t, void*, std::size_t, void** window, int flags) =
      nullptr;
  ncclResult_t (*ncclCommWindowDeregister)(ncclComm_t, void* window) = nullptr;
  ncclResult_t (*ncclAlltoAll)(
      const void*, void*, std::size_t, ncclDataType_t, ncclComm_t, cudaStream_t) = nullptr;
  ncclResult_t (*ncclGather)(
      const void*, void*, std::size_t, ncclDataType_t, int, ncclComm_t, cudaStream_t) = nullptr;
  ncclResult_t (*ncclScatter)(
      const void*, void*, std::size_t, ncclDataType_t, int, ncclComm_t, cudaStream_t) = nullptr;
};

struct NcclLibrary {
  NcclApi api;
  int version = 0;                 // as ncclGetVersion counts; 0 when nothing was opened
  std::vector<std::string> lacks;  // entry points that are null
  std::string why_missing;         // "" or one line with the remedy: `api` must not be used then
};

/// Opens `file` (a path, or a name for the loader to find). Never throws. The library stays open
/// until the program ends: NCCL's own threads may outlive any owner.
NcclLibrary load_nccl(const std::string& file);

/// The library of this process, opened once: the file named by FABRICAST_NCCL_LIBRARY, else
/// libnccl.so.2.
const NcclLibrary& nccl_library();
/// Its entry points. Throws Error when there is no usable library.
const NcclApi& nccl();

/// "" or why this library cannot do `what`: a collective's name, an option ("--min-ctas") or a
/// feature ("native gather"). "NCCL 2.26.2 has no ncclGather: install 2.28.3 or newer".
std::string why_lacking(const NcclLibrary& library, std::string_view what);
/// All of that, with the versions that have it: "native gather (2.28.3), ..." or "".
std::string what_lacks(const NcclLibrary& library);

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

/// ncclInProgress is what non-blocking communicators say of a call that goes on.
inline bool is_failure(ncclResult_t status) {
  return status != ncclSuccess && status != ncclInProgress;
}

/// Waits until a call on a non-blocking communicator is done. Throws as check_nccl.
void settle_nccl(ncclComm_t communicator,
                 ncclResult_t status,
                 std::string_view call,
                 const char* file,
                 int line);
#define SETTLE_NCCL(communicator, call) \
  ::fabricast::settle_nccl((communicator), (call), #call, __FILE__, __LINE__)

inline void destroy_communicator(ncclComm_t communicator) {
  static_cast<void>(nccl().ncclCommDestroy(communicator));
}
using Communicator = UniqueHandle<ncclComm_t, destroy_communicator>;

}  // namespace fabricast
