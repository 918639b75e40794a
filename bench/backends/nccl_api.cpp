#include "bench/backends/nccl_api.hpp"

#include "bench/backends/shared_object.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <filesystem>
#include <thread>

namespace fabricast {

namespace {

// One row per entry point; the documents and the look-up read from here.
struct Symbol {
  const char* name;
  int since;                 // first tagged release that declares it (NVIDIA/nccl: src/nccl.h.in),
                             // with the fields that we set; 2.3.5 is the oldest
  std::string_view enables;  // separated by ", "; "" for everything
  void (*store)(NcclApi& api, void* address);
};

constexpr int v(int major, int minor, int patch) { return NCCL_VERSION(major, minor, patch); }

#define FABRICAST_ROW(call, since, enables) \
  Symbol { #call, since, enables, store < &NcclApi::call> }

constexpr std::array kSymbols{
    FABRICAST_ROW(ncclGetVersion, v(2, 3, 5), ""),
    FABRICAST_ROW(ncclGetErrorString, v(2, 3, 5), ""),
    FABRICAST_ROW(ncclGetUniqueId, v(2, 3, 5), ""),
    FABRICAST_ROW(ncclCommInitRank, v(2, 3, 5), ""),
    FABRICAST_ROW(ncclCommDestroy, v(2, 3, 5), ""),
    FABRICAST_ROW(ncclCommAbort, v(2, 4, 2), ""),
    FABRICAST_ROW(ncclCommGetAsyncError, v(2, 4, 2), ""),
    FABRICAST_ROW(ncclGroupStart, v(2, 3, 5), ""),
    FABRICAST_ROW(ncclGroupEnd, v(2, 3, 5), ""),
    FABRICAST_ROW(ncclAllReduce, v(2, 3, 5), "all_reduce"),
    FABRICAST_ROW(ncclAllGather, v(2, 3, 5), "all_gather"),
    FABRICAST_ROW(ncclReduceScatter, v(2, 3, 5), "reduce_scatter"),
    FABRICAST_ROW(ncclBroadcast, v(2, 3, 5), "broadcast"),
    FABRICAST_ROW(ncclReduce, v(2, 3, 5), "reduce"),
    FABRICAST_ROW(ncclSend, v(2, 7, 3), "all_to_all, gather, scatter, send_recv"),
    FABRICAST_ROW(ncclRecv, v(2, 7, 3), "all_to_all, gather, scatter, send_recv"),
    FABRICAST_ROW(ncclRedOpCreatePreMulSum, v(2, 11, 4), "scaled sums"),
    FABRICAST_ROW(ncclRedOpDestroy, v(2, 11, 4), "scaled sums"),
    FABRICAST_ROW(ncclGetLastError, v(2, 13, 4), "accounts of errors"),
    FABRICAST_ROW(
        ncclCommInitRankConfig, v(2, 17, 1), "--min-ctas, --max-ctas, non-blocking communicators"),
    FABRICAST_ROW(ncclCommSplit, v(2, 18, 1), "split communicators"),
    FABRICAST_ROW(ncclMemAlloc, v(2, 19, 1), "registered buffers"),
    FABRICAST_ROW(ncclMemFree, v(2, 19, 1), "registered buffers"),
    FABRICAST_ROW(ncclCommRegister, v(2, 19, 1), "registered buffers"),
    FABRICAST_ROW(ncclCommDeregister, v(2, 19, 1), "registered buffers"),
    FABRICAST_ROW(ncclGroupSimulateEnd, v(2, 22, 3), "NCCL's own estimate"),
    FABRICAST_ROW(ncclCommWindowRegister, v(2, 27, 3), "registered windows"),
    FABRICAST_ROW(ncclCommWindowDeregister, v(2, 27, 3), "registered windows"),
    FABRICAST_ROW(ncclAlltoAll, v(2, 28, 3), "native all_to_all"),
    FABRICAST_ROW(ncclGather, v(2, 28, 3), "native gather"),
    FABRICAST_ROW(ncclScatter, v(2, 28, 3), "native scatter"),
};

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool lists(std::string_view enables, std::string_view what) {
  constexpr std::string_view kBetween = ", ";
  while (!enables.empty()) {
    const auto end = enables.find(kBetween);
    if (enables.substr(0, end) == what) {
      return true;
    }
    enables.remove_prefix(end == std::string_view::npos ? enables.size() : end + kBetween.size());
  }
  return false;
}

std::string_view remedy_for(ncclResult_t status) {
  switch (status) {
    case ncclInvalidUsage:
      return "one rank per GPU, and the same program on every process; NCCL_DEBUG=WARN tells more";
    case ncclRemoteError:
      return "see the messages of the other processes; NCCL_DEBUG=WARN tells more";
    default:
      return "NCCL_DEBUG=WARN tells more";
  }
}

}  // namespace

NcclLibrary load_nccl(const std::string& file) {
  NcclLibrary library;
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    library.why_missing = fmt::format(
        "the NCCL library cannot be opened ({}): apt install libnccl2, put its folder on "
        "LD_LIBRARY_PATH, or name the file in FABRICAST_NCCL_LIBRARY",
        dlerror());
    return library;
  }
  for (const Symbol& symbol : kSymbols) {
    void* address = dlsym(handle, symbol.name);
    symbol.store(library.api, address);
    if (address == nullptr) {
      library.lacks.emplace_back(symbol.name);
    }
    if (address == nullptr && symbol.enables.empty() && library.why_missing.empty()) {
      library.why_missing = fmt::format("{} has no {}: install NCCL {} or newer",
                                        file,
                                        symbol.name,
                                        nccl_version_text(symbol.since));
    }
  }
  if (library.api.ncclGetVersion != nullptr) {
    static_cast<void>(library.api.ncclGetVersion(&library.version));
  }
  return library;
}

const NcclLibrary& nccl_library() {
  static const NcclLibrary library =
      load_nccl(named_library("FABRICAST_NCCL_LIBRARY", "libnccl.so.2"));
  return library;
}

const NcclApi& nccl() {
  const NcclLibrary& library = nccl_library();
  if (!library.why_missing.empty()) {
    throw Error(library.why_missing, "", "");
  }
  return library.api;
}

std::string why_lacking(const NcclLibrary& library, std::string_view what) {
  for (const Symbol& symbol : kSymbols) {
    if (lists(symbol.enables, what) && contains(library.lacks, symbol.name)) {
      return fmt::format("NCCL {} has no {}: install {} or newer",
                         nccl_version_text(library.version),
                         symbol.name,
                         nccl_version_text(symbol.since));
    }
  }
  return "";
}

std::string what_lacks(const NcclLibrary& library) {
  std::string text;
  std::string_view last;  // rows that enable the same stand together
  for (const Symbol& symbol : kSymbols) {
    if (contains(library.lacks, symbol.name) && symbol.enables != last) {
      last = symbol.enables;
      text += fmt::format(
          "{}{} ({})", text.empty() ? "" : ", ", symbol.enables, nccl_version_text(symbol.since));
    }
  }
  return text;
}

std::string nccl_version_text(int version) {
  const int major_unit = version < 10000 ? 1000 : 10000;
  return fmt::format("{}.{}.{}", version / major_unit, version % major_unit / 100, version % 100);
}

void settle_nccl(ncclComm_t communicator,
                 ncclResult_t status,
                 std::string_view call,
                 const char* file,
                 int line) {
  while (status == ncclInProgress) {
    std::this_thread::yield();
    ncclResult_t now = ncclSuccess;
    check_nccl(nccl().ncclCommGetAsyncError(communicator, &now), call, file, line);
    status = now;
  }
  check_nccl(status, call, file, line);
}

void throw_nccl(ncclResult_t status, std::string_view call, const char* file, int line) {
  const NcclApi& api = nccl();
  std::string text = api.ncclGetErrorString(status);
  if (api.ncclGetLastError != nullptr) {
    const char* last = api.ncclGetLastError(nullptr);
    text += last != nullptr && *last != '\0' ? std::string(": ") + last : "";
  }
  throw Error(fmt::format("{} failed: {}", called_function(call), text),
              fmt::format("{}:{}", std::filesystem::path(file).filename().string(), line),
              std::string(remedy_for(status)),
              ExitCode::kCutShort);
}

}  // namespace fabricast
