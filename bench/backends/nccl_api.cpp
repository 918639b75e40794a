#include "bench/backends/nccl_api.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>

namespace fabricast {

namespace {

enum class Need { kRequired, kOptional };

struct Symbol {
  const char* name;
  int since;  // first tagged release that declares it (NVIDIA/nccl: src/nccl.h.in); 2.3.5 is the
              // oldest
  Need need;
  void (*store)(NcclApi& api, void* address);
};

template <auto Member>
void store(NcclApi& api, void* address) {
  api.*Member = reinterpret_cast<std::remove_reference_t<decltype(api.*Member)>>(address);
}

constexpr int v(int major, int minor, int patch) { return NCCL_VERSION(major, minor, patch); }

constexpr std::array kSymbols{
    Symbol{"ncclGetVersion",        v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclGetVersion>    },
    Symbol{"ncclGetErrorString",    v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclGetErrorString>},
    Symbol{"ncclGetUniqueId",       v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclGetUniqueId>   },
    Symbol{"ncclCommInitRank",      v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclCommInitRank>  },
    Symbol{"ncclCommDestroy",       v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclCommDestroy>   },
    Symbol{"ncclCommAbort",         v(2, 4,  2), Need::kRequired, store<&NcclApi::ncclCommAbort>     },
    Symbol{"ncclCommGetAsyncError",
           v(2,                          4,  2),
           Need::kRequired,
           store<&NcclApi::ncclCommGetAsyncError>                                                    },
    Symbol{"ncclGroupStart",        v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclGroupStart>    },
    Symbol{"ncclGroupEnd",          v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclGroupEnd>      },
    Symbol{"ncclAllReduce",         v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclAllReduce>     },
    Symbol{"ncclAllGather",         v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclAllGather>     },
    Symbol{"ncclReduceScatter",     v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclReduceScatter> },
    Symbol{"ncclBroadcast",         v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclBroadcast>     },
    Symbol{"ncclReduce",            v(2, 3,  5), Need::kRequired, store<&NcclApi::ncclReduce>        },
    Symbol{"ncclSend",              v(2, 7,  3), Need::kRequired, store<&NcclApi::ncclSend>          },
    Symbol{"ncclRecv",              v(2, 7,  3), Need::kRequired, store<&NcclApi::ncclRecv>          },
    Symbol{"ncclGetLastError",      v(2, 13, 4), Need::kOptional, store<&NcclApi::ncclGetLastError>  },
    Symbol{"ncclAlltoAll",          v(2, 28, 3), Need::kOptional, store<&NcclApi::ncclAlltoAll>      },
};

std::string wanted_library() {
  const char* named = std::getenv("FABRICAST_NCCL_LIBRARY");
  return named != nullptr && *named != '\0' ? named : "libnccl.so.2";
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
    if (address == nullptr && symbol.need == Need::kRequired && library.why_missing.empty()) {
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
  static const NcclLibrary library = load_nccl(wanted_library());
  return library;
}

const NcclApi& nccl() {
  const NcclLibrary& library = nccl_library();
  if (!library.why_missing.empty()) {
    throw Error(library.why_missing, "", "");
  }
  return library.api;
}

std::string nccl_version_text(int version) {
  const int major_unit = version < 10000 ? 1000 : 10000;
  return fmt::format("{}.{}.{}", version / major_unit, version % major_unit / 100, version % 100);
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
