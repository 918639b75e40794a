// What NCCL and a profiler or tuner plugin hand each other, as far as it is read here. Layouts
// after NVIDIA/nccl: plugins/profiler/example/nccl/profiler_v{1..6}.h and
// src/include/plugin/tuner/tuner_v{3..5}.h, compared with the tags v2.22.3 to v2.30.7.
#pragma once

#include <nccl.h>

#include <cstddef>
#include <cstdint>

namespace fabricast::abi {

/// Bits of an event's type, and of the mask of events that NCCL shall tell.
enum EventType : int {
  kCollective = 1 << 1,      // launched, with its algorithm
  kPointToPoint = 1 << 2,    // a send or a receive, launched
  kCall = 1 << 9,            // of the collective, before anything is chosen; since v5
  kCopyCollective = 1 << 12  // by copy engines; since v6
};

// Each version's account of a collective: the first members, down to the last one that is read.

struct CollectiveV1 {
  const char* communicator;
  std::uint64_t communicator_hash;
  std::uint64_t sequence;
  std::uint8_t function;
  const void* send;
  void* receive;
  std::size_t count;
  int root;
  std::uint8_t type;
  std::uint32_t op;
  std::size_t traffic_bytes;
  std::uint8_t most_channels;
  std::uint8_t warps;
  std::uint8_t algorithm;  // NCCL's numbers; names from v2 on
  std::uint8_t protocol;
};

struct CollectiveV2 {
  const char* communicator;
  std::uint64_t communicator_hash;
  std::uint64_t sequence;
  const char* function;
  const void* send;
  void* receive;
  std::size_t count;
  int root;
  const char* type;
  std::size_t traffic_bytes;
  std::uint8_t most_channels;
  std::uint8_t warps;
  const char* algorithm;
  const char* protocol;
};

struct CollectiveV3 {
  const char* communicator;
  std::uint64_t communicator_hash;
  std::uint64_t sequence;
  const char* function;
  const void* send;
  void* receive;
  std::size_t count;
  int root;
  const char* type;
  std::uint8_t most_channels;
  std::uint8_t warps;
  const char* algorithm;
  const char* protocol;
};

/// v4, v5 and v6.
struct CollectiveV4 {
  std::uint64_t sequence;
  const char* function;
  const void* send;
  void* receive;
  std::size_t count;
  int root;
  const char* type;
  std::uint8_t channels;
  std::uint8_t warps;
  const char* algorithm;
  const char* protocol;
};

/// v5 and v6.
struct Call {
  const char* function;  // "AllReduce"
};

template <typename Type, typename Collective>
struct Event {
  Type type;
  void* parent;
  int rank;
  union {
    Collective collective;
    Call call;
  };
};
using EventV1 = Event<std::uint8_t, CollectiveV1>;
using EventV2 = Event<std::uint8_t, CollectiveV2>;
using EventV3 = Event<std::uint8_t, CollectiveV3>;
using EventV4 = Event<std::uint8_t, CollectiveV4>;
using EventV5 = Event<std::uint64_t, CollectiveV4>;

// Places in the structs of NCCL's headers.
static_assert(offsetof(EventV1, collective.warps) == 105 &&
              offsetof(EventV1, collective.protocol) == 107);
static_assert(offsetof(EventV2, collective.warps) == 105 &&
              offsetof(EventV2, collective.protocol) == 120);
static_assert(offsetof(EventV3, collective.warps) == 97 &&
              offsetof(EventV3, collective.protocol) == 112);
static_assert(offsetof(EventV4, collective.warps) == 81 &&
              offsetof(EventV4, collective.protocol) == 96);
static_assert(offsetof(EventV5, collective.warps) == 81 &&
              offsetof(EventV5, collective.protocol) == 96 && offsetof(EventV5, call) == 24);

using Logger = void (*)(int level, unsigned long flags, const char*, int, const char*, ...);

/// The functions of a profiler; `Init` differs between versions. States are not read.
template <typename Init, typename Event>
struct Profiler {
  const char* name;
  Init init;
  ncclResult_t (*start)(void* context, void** handle, Event* event);
  ncclResult_t (*stop)(void* handle);
  ncclResult_t (*record)(void* handle, int state, void* arguments);
  ncclResult_t (*finalize)(void* context);
};
using InitV1 = ncclResult_t (*)(void** context, int* mask);
using InitV4 = ncclResult_t (*)(void** context,
                                int* mask,
                                const char* name,
                                std::uint64_t hash,
                                int nodes,
                                int ranks,
                                int rank,
                                Logger);
using InitV5 = ncclResult_t (*)(void** context,
                                std::uint64_t id,
                                int* mask,
                                const char* name,
                                int nodes,
                                int ranks,
                                int rank,
                                Logger);
using ProfilerV1 = Profiler<InitV1, EventV1>;
using ProfilerV2 = Profiler<InitV1, EventV2>;
using ProfilerV3 = Profiler<InitV1, EventV3>;
using ProfilerV4 = Profiler<InitV4, EventV4>;
using ProfilerV5 = Profiler<InitV5, EventV5>;  // and v6

/// The cost table lies in memory as float[algorithms][protocols], in microseconds; -1: not allowed.
/// A tuner may rewrite it; ours reads.
struct TunerV3 {
  const char* name;
  ncclResult_t (*init)(std::size_t ranks, std::size_t nodes, Logger, void** context);
  ncclResult_t (*choose)(void* context,
                         int function,
                         std::size_t bytes,
                         int operations,
                         float** cost_table,
                         int algorithms,
                         int protocols,
                         int* channels);
  ncclResult_t (*destroy)(void* context);
};

using ChooseV4 = ncclResult_t (*)(void* context,
                                  int function,
                                  std::size_t bytes,
                                  int operations,
                                  float** cost_table,
                                  int algorithms,
                                  int protocols,
                                  int registered,
                                  int* channels);
struct TunerV4 {
  const char* name;
  ncclResult_t (*init)(std::size_t ranks, std::size_t nodes, Logger, void** context);
  ChooseV4 choose;
  ncclResult_t (*destroy)(void* context);
};

struct TunerV5 {
  const char* name;
  ncclResult_t (*init)(void** context,
                       std::uint64_t id,
                       std::size_t ranks,
                       std::size_t nodes,
                       Logger,
                       void* domains,
                       void* constants);
  ChooseV4 choose;
  ncclResult_t (*finalize)(void* context);
};

}  // namespace fabricast::abi

// What NCCL looks up in the program, the newest version that it knows first. 2.30 knows a sixth
// tuner, whose only addition is a choice of chunk sizes: it takes the fifth too.
extern "C" {
extern const fabricast::abi::ProfilerV1 ncclProfiler_v1;
extern const fabricast::abi::ProfilerV2 ncclProfiler_v2;
extern const fabricast::abi::ProfilerV3 ncclProfiler_v3;
extern const fabricast::abi::ProfilerV4 ncclProfiler_v4;
extern const fabricast::abi::ProfilerV5 ncclProfiler_v5;
extern const fabricast::abi::ProfilerV5 ncclProfiler_v6;
extern const fabricast::abi::TunerV3 ncclTunerPlugin_v3;
extern const fabricast::abi::TunerV4 ncclTunerPlugin_v4;
extern const fabricast::abi::TunerV5 ncclTunerPlugin_v5;
}
