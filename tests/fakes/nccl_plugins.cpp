#include "tests/fakes/nccl_plugins.hpp"

#include "bench/backends/nccl_plugin_abi.hpp"
#include "tests/fakes/injection.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <mutex>
#include <optional>
#include <strings.h>
#include <vector>

namespace fakes {

namespace {

namespace abi = fabricast::abi;

constexpr int kAlgorithms = 7;
constexpr int kProtocols = 3;
constexpr int kRing = 1;
constexpr int kNvls = 4;
constexpr int kSimple = 2;
constexpr std::array kAlgorithmNames{
    "TREE", "RING", "COLLNET_DIRECT", "COLLNET_CHAIN", "NVLS", "NVLS_TREE", "PAT"};
constexpr std::array kAlgorithmSettings{
    "Tree", "Ring", "CollNetDirect", "CollNetChain", "NVLS", "NVLSTree", "PAT"};
constexpr std::array kProtocolNames{"LL", "LL128", "SIMPLE"};
using Table = std::array<std::array<float, kProtocols>, kAlgorithms>;

struct Choice {
  int algorithm = kRing;
  int protocol = kSimple;
  int channels = 1;
};

// --- what NCCL tells a profiler

class Profiler {
 public:
  virtual ~Profiler() = default;
  virtual void* open(int* events) = 0;
  virtual void call(void* context, const Launch& launch) = 0;
  virtual void collective(void* context, const Launch& launch, const Choice& choice) = 0;
  virtual void other(void* context, int type) = 0;
  int mask = 0;
};

void fill(abi::CollectiveV1& c, const Launch& launch, const Choice& choice) {
  c.function = static_cast<std::uint8_t>(launch.number);
  c.algorithm = static_cast<std::uint8_t>(choice.algorithm);
  c.protocol = static_cast<std::uint8_t>(choice.protocol);
  c.most_channels = static_cast<std::uint8_t>(choice.channels);
}

template <typename Collective>
void fill(Collective& c, const Launch& launch, const Choice& choice) {
  c.function = launch.function;
  c.algorithm = kAlgorithmNames[static_cast<std::size_t>(choice.algorithm)];
  c.protocol = kProtocolNames[static_cast<std::size_t>(choice.protocol)];
  if constexpr (requires { c.channels; }) {
    c.channels = static_cast<std::uint8_t>(choice.channels);
  } else {
    c.most_channels = static_cast<std::uint8_t>(choice.channels);
  }
}

template <typename Init, typename Event>
class ProfilerOf final : public Profiler {
 public:
  using Table = abi::Profiler<Init, Event>;
  explicit ProfilerOf(void* symbol) : table_(*static_cast<const Table*>(symbol)) {}

  void* open(int* events) override {
    void* context = nullptr;
    if constexpr (std::is_same_v<Init, abi::InitV1>) {
      table_.init(&context, events);
    } else if constexpr (std::is_same_v<Init, abi::InitV4>) {
      table_.init(&context, events, "fake", 1, 1, 1, 0, nullptr);
    } else {
      table_.init(&context, 1, events, "fake", 1, 1, 0, nullptr);
    }
    return context;
  }

  void call(void* context, const Launch& launch) override {
    if constexpr (sizeof(Event::type) > 1) {  // since v5
      Event event{};
      event.type = abi::kCall;
      event.call.function = launch.function;
      tell(context, event);
    }
  }

  void collective(void* context, const Launch& launch, const Choice& choice) override {
    Event event{};
    event.type = abi::kCollective;
    event.collective.warps = 16;
    event.collective.count = launch.count;
    fill(event.collective, launch, choice);
    tell(context, event);
  }

  void other(void* context, int type) override {
    Event event{};
    event.type = static_cast<decltype(event.type)>(type);
    tell(context, event);
  }

 private:
  void tell(void* context, Event& event) {
    if ((__atomic_load_n(&mask, __ATOMIC_RELAXED) & static_cast<int>(event.type)) == 0) {
      return;
    }
    note("profiler event " + std::to_string(event.type));
    void* handle = nullptr;
    table_.start(context, &handle, &event);
    if (handle != nullptr) {
      table_.stop(handle);
    }
  }

  Table table_;
};

template <typename Init, typename Event>
std::unique_ptr<Profiler> make_profiler(void* symbol) {
  return std::make_unique<ProfilerOf<Init, Event>>(symbol);
}

struct ProfilerVersion {
  int since;
  const char* symbol;
  std::unique_ptr<Profiler> (*make)(void* symbol);
};
constexpr std::array kProfilers{
    ProfilerVersion{22902, "ncclProfiler_v6", make_profiler<abi::InitV5, abi::EventV5>},
    ProfilerVersion{22803, "ncclProfiler_v5", make_profiler<abi::InitV5, abi::EventV5>},
    ProfilerVersion{22703, "ncclProfiler_v4", make_profiler<abi::InitV4, abi::EventV4>},
    ProfilerVersion{22602, "ncclProfiler_v3", make_profiler<abi::InitV1, abi::EventV3>},
    ProfilerVersion{22403, "ncclProfiler_v2", make_profiler<abi::InitV1, abi::EventV2>},
    ProfilerVersion{22304, "ncclProfiler_v1", make_profiler<abi::InitV1, abi::EventV1>},
};

// --- what NCCL asks a tuner

using Choose = void (*)(void* symbol, const Launch& launch, float** table, int* channels);

void choose_v3(void* symbol, const Launch& launch, float** table, int* channels) {
  static_cast<const abi::TunerV3*>(symbol)->choose(
      nullptr, launch.number, launch.bytes, 1, table, kAlgorithms, kProtocols, channels);
}
template <typename Tuner>
void choose(void* symbol, const Launch& launch, float** table, int* channels) {
  static_cast<const Tuner*>(symbol)->choose(
      nullptr, launch.number, launch.bytes, 1, table, kAlgorithms, kProtocols, 0, channels);
}

struct TunerVersion {
  int since;
  const char* symbol;
  Choose choose;
};
constexpr std::array kTuners{
    TunerVersion{22803, "ncclTunerPlugin_v5", choose<abi::TunerV5>},
    TunerVersion{22403, "ncclTunerPlugin_v4", choose<abi::TunerV4>},
    TunerVersion{22203, "ncclTunerPlugin_v3", choose_v3           },
};

// The newest interface of those that this version of NCCL knows and the library has.
template <typename Versions>
auto find_interface(const Versions& versions, int nccl, const char* variable) {
  struct Found {
    typename Versions::const_pointer version = nullptr;
    void* symbol = nullptr;
  };
  const char* name = std::getenv(variable);
  if (name == nullptr || nccl < versions.back().since) {
    return Found{};
  }
  const bool in_program = strcasecmp(name, "STATIC_PLUGIN") == 0;
  void* library = dlopen(in_program ? nullptr : name, RTLD_NOW | RTLD_LOCAL);
  for (const auto& version : versions) {
    void* symbol = library == nullptr ? nullptr : dlsym(library, version.symbol);
    if (version.since <= nccl && symbol != nullptr) {
      note("opened " + std::string(version.symbol));
      return Found{&version, symbol};
    }
  }
  return Found{};
}

struct Loaded {
  std::unique_ptr<Profiler> profiler;
  Choose choose = nullptr;
  void* tuner = nullptr;
};

const Loaded& load(int nccl) {
  static const Loaded loaded = [nccl] {
    Loaded found;
    if (const auto p = find_interface(kProfilers, nccl, "NCCL_PROFILER_PLUGIN"); p.version) {
      found.profiler = p.version->make(p.symbol);
    }
    if (const auto t = find_interface(kTuners, nccl, "NCCL_TUNER_PLUGIN"); t.version) {
      found.choose = t.version->choose;
      found.tuner = t.symbol;
    }
    return found;
  }();
  return loaded;
}

// --- what NCCL chooses

template <std::size_t N>
bool allowed(const char* variable, const std::array<const char*, N>& names, std::size_t index) {
  const char* asked = std::getenv(variable);
  return asked == nullptr || strcasecmp(asked, names[index]) == 0;
}

bool reduces_all(const Launch& l) { return std::strcmp(l.function, "AllReduce") == 0; }
bool gathers_or_scatters(const Launch& l) {
  return std::strcmp(l.function, "AllGather") == 0 || std::strcmp(l.function, "ReduceScatter") == 0;
}

// One box with an NVSwitch: no trees of NVLS, no SHARP, and PAT needs several nodes.
bool exists(const Launch& launch, int algorithm, int protocol) {
  switch (algorithm) {
    case kRing:
      return true;
    case kNvls:
      return protocol == kSimple && (reduces_all(launch) || gathers_or_scatters(launch));
    default:
      return algorithm == 0 && reduces_all(launch);
  }
}

// Made-up microseconds in NCCL's form, latency and bytes over rate: LL wins first, NVLS last.
float cost(const Launch& launch, int algorithm, int protocol) {
  constexpr std::array kLatency{6.0F, 7.0F, 0.0F, 0.0F, 20.0F, 0.0F, 0.0F};
  constexpr std::array kRate{2e5F, 2.2e5F, 1.0F, 1.0F, 4e5F, 1.0F, 1.0F};  // bytes per microsecond
  constexpr std::array kSlower{0.3F, 0.9F, 1.0F};
  constexpr std::array kLater{1.0F, 1.5F, 2.5F};
  const auto a = static_cast<std::size_t>(algorithm);
  const auto p = static_cast<std::size_t>(protocol);
  return kLatency[a] * kLater[p] + static_cast<float>(launch.bytes) / (kRate[a] * kSlower[p]);
}

Table cost_table(const Launch& launch) {
  Table table{};
  for (std::size_t a = 0; a < table.size(); ++a) {
    for (std::size_t p = 0; p < table[a].size(); ++p) {
      const bool on = exists(launch, static_cast<int>(a), static_cast<int>(p)) &&
                      allowed("NCCL_ALGO", kAlgorithmSettings, a) &&
                      allowed("NCCL_PROTO", kProtocolNames, p);
      table[a][p] = on ? cost(launch, static_cast<int>(a), static_cast<int>(p)) : -1;
    }
  }
  return table;
}

std::optional<Choice> cheapest(const Table& table, std::size_t bytes) {
  std::optional<Choice> best;
  float least = 0;
  for (int a = 0; a < kAlgorithms; ++a) {
    for (int p = 0; p < kProtocols; ++p) {
      const float us = table[static_cast<std::size_t>(a)][static_cast<std::size_t>(p)];
      if (us >= 0 && (!best || us < least)) {
        best = Choice{a, p, bytes < 65536 ? 2 : 16};
        least = us;
      }
    }
  }
  return best;
}

bool has_symmetric_kernel(const Launch& launch) {
  return number("FAKE_NCCL_SYMMETRIC", 0) == 1 &&
         (reduces_all(launch) || gathers_or_scatters(launch));
}

bool runs_on_copy_engines(const Launch& launch) {
  return number("FAKE_NCCL_COPY_ENGINE", 0) == 1 &&
         (std::strcmp(launch.function, "AllGather") == 0 || launch.number > 7);
}

// As src/plugin/profiler.cc of each version: 2.27 launches a symmetric kernel as a collective that
// was never filled in, later versions do not tell of it.
void tell_symmetric(Profiler& profiler, void* context, const Launch& launch, int version) {
  if (version < 22803) {
    profiler.collective(context, launch, {0, 0, 0});
  }
}

}  // namespace

Plugins::Plugins(int version) : version_(version) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (const auto& profiler = load(version).profiler) {
    context_ = profiler->open(&profiler->mask);
  }
}

ncclResult_t Plugins::launch(const Launch& launch, std::string* why) const {
  constexpr int kFirstThatRefuses = 22403;  // older ones fall back to what is always there
  constexpr int kFirstWithCopyEngines = 22803;
  const Loaded& plugins = load(version_);
  Profiler* const profiler = plugins.profiler.get();
  const auto tell = [&](const auto& what) {
    if (profiler != nullptr) {
      what(*profiler);
    }
  };
  if (launch.ranks == 1 || launch.count == 0) {
    return ncclSuccess;
  }
  if (*launch.function != '\0') {
    tell([&](Profiler& p) { p.call(context_, launch); });
  }
  if (version_ >= kFirstWithCopyEngines && runs_on_copy_engines(launch)) {
    if (version_ >= 22902) {
      tell([&](Profiler& p) { p.other(context_, abi::kCopyCollective); });
    }
    return ncclSuccess;
  }
  if (*launch.function == '\0' || launch.number > 7) {
    tell([&](Profiler& p) { p.other(context_, abi::kPointToPoint); });
    return ncclSuccess;
  }
  if (has_symmetric_kernel(launch) && version_ >= 22703) {
    tell([&](Profiler& p) { tell_symmetric(p, context_, launch, version_); });
    return ncclSuccess;
  }
  Table table = cost_table(launch);
  int channels = 0;
  if (plugins.choose != nullptr) {
    plugins.choose(plugins.tuner, launch, reinterpret_cast<float**>(table.data()), &channels);
  }
  std::optional<Choice> choice = cheapest(table, launch.bytes);
  if (!choice && version_ >= kFirstThatRefuses) {
    *why = std::string("no algorithm/protocol available for function ") + launch.function;
    return ncclInvalidUsage;
  }
  note("chose " +
       std::string(kAlgorithmNames[static_cast<std::size_t>(choice.value_or(Choice{}).algorithm)]));
  tell([&](Profiler& p) { p.collective(context_, launch, choice.value_or(Choice{})); });
  return ncclSuccess;
}

}  // namespace fakes
