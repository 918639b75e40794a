#include "bench/backends/nccl_observer.hpp"

#include "bench/backends/nccl_api.hpp"
#include "bench/backends/nccl_plugin_abi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <mutex>
#include <string_view>
#include <strings.h>

namespace fabricast {

namespace {

constexpr const char* kOurs = "STATIC_PLUGIN";

// One row per kind of plugin. `since`: the first tagged release that looks for STATIC_PLUGIN in the
// program and tells what is read here (NVIDIA/nccl: src/misc/tuner.cc, src/misc/profiler.cc; later
// src/plugin/plugin_open.cc).
struct Plugin {
  const char* variable;
  const char* library;  // that NCCL opens by itself
  const char* symbol;   // its versions follow
  int since;
  std::string NcclObserver::*why_not;
};
constexpr std::array kPlugins{
    Plugin{"NCCL_PROFILER_PLUGIN",
           "libnccl-profiler.so", "ncclProfiler_v",
           NCCL_VERSION(2, 23, 4),
           &NcclObserver::why_no_profiler},
    Plugin{"NCCL_TUNER_PLUGIN",
           "libnccl-tuner.so",    "ncclTunerPlugin_v",
           NCCL_VERSION(2, 22, 3),
           &NcclObserver::why_no_tuner   },
};

// NCCL takes its settings from files too, but not those that are in the environment already.
bool is_configured(const std::string& variable) {
  const char* named = std::getenv("NCCL_CONF_FILE");
  const char* home = std::getenv("HOME");
  const std::string own = named != nullptr && *named != '\0' ? named
                          : home != nullptr                  ? std::string(home) + "/.nccl.conf"
                                                             : "";
  for (const std::string& file : {own, std::string("/etc/nccl.conf")}) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with(variable + "=")) {
        return true;
      }
    }
  }
  return false;
}

bool holds(const std::string& library, const Plugin& plugin) {
  constexpr int kNewest = 9;
  // Left open: NCCL will open it next, and plugins are not made to be loaded twice.
  void* handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
  for (int version = 1; handle != nullptr && version <= kNewest; ++version) {
    if (dlsym(handle, (plugin.symbol + std::to_string(version)).c_str()) != nullptr) {
      return true;
    }
  }
  return false;
}

// A site's plugin may be found by name, or come with the network's.
std::string own_plugin_of_site(const Plugin& plugin) {
  const char* net = std::getenv("NCCL_NET_PLUGIN");
  std::vector<std::string> libraries{plugin.library};
  if (net == nullptr || *net == '\0') {
    libraries.emplace_back("libnccl-net.so");
  } else if (std::string_view(net) != "none") {
    libraries.emplace_back(net);
    libraries.push_back(fmt::format("libnccl-net-{}.so", net));
  }
  for (const std::string& library : libraries) {
    if (holds(library, plugin)) {
      return library;
    }
  }
  return "";
}

std::string why_not(const Plugin& plugin, int nccl_version) {
  if (nccl_version < plugin.since) {
    return fmt::format("NCCL {} does not tell: install {} or newer",
                       nccl_version_text(nccl_version),
                       nccl_version_text(plugin.since));
  }
  // Inherited from a run that started this one, it is still us.
  const char* set = std::getenv(plugin.variable);
  if (set != nullptr && std::string_view(set) != kOurs) {
    return fmt::format("{}={} is set: unset it to see what NCCL chooses", plugin.variable, set);
  }
  if (set == nullptr && is_configured(plugin.variable)) {
    return fmt::format("a configuration file of NCCL sets {}", plugin.variable);
  }
  if (const std::string library = set == nullptr ? own_plugin_of_site(plugin) : "";
      !library.empty()) {
    return fmt::format("{} is there, and NCCL uses it", library);
  }
  return "";
}

// Under a tuner NCCL leaves out what this policy asks for (src/enqueue.cc, ncclGetAlgoInfo).
std::string why_no_tuner_under_policy() {
  const char* policy = std::getenv("NCCL_CTA_POLICY");
  return policy == nullptr
             ? ""
             : "NCCL_CTA_POLICY is set, which NCCL follows in full without a tuner only";
}

// --- what the plugins are told

std::atomic<int*> g_mask = nullptr;  // NCCL's own variable, one for all communicators
std::atomic<bool> g_looking = false;
std::mutex g_mutex;  // of the account: every rank has a thread of its own
NcclAccount g_account;

void set_mask() {
  constexpr int kWanted = abi::kCollective | abi::kPointToPoint | abi::kCall | abi::kCopyCollective;
  if (int* const mask = g_mask; mask != nullptr) {
    __atomic_store_n(mask, g_looking ? kWanted : 0, __ATOMIC_RELAXED);
  }
}

// NCCL leaves out the children of events without a handle, so every event gets this one.
ncclResult_t open(void** context, int* mask) {
  static char handle;
  *context = &handle;
  g_mask = mask;
  set_mask();
  return ncclSuccess;
}

template <typename Table>
std::string lower_row(const Table& table, const char* word) {
  for (const auto& row : table) {
    if (word != nullptr && strcasecmp(std::string(row.name).c_str(), word) == 0) {
      return std::string(row.name);
    }
  }
  return "";
}
template <typename Table>
std::string lower_row(const Table& table, std::uint8_t number) {
  return number < table.size() ? std::string(table[number].name) : "";
}

// v1 to v3 tell how many channels may be used at most; v4 and newer, how many are.
template <typename Collective>
int channels_of(const Collective& c) {
  return c.most_channels;
}
int channels_of(const abi::CollectiveV4& c) { return c.channels; }

template <typename Collective>
void note_launch(int profiler, const Collective& c) {
  NcclAccount& a = g_account;
  if (a.launch) {
    return;
  }
  a.channels = channels_of(c);
  a.warps = c.warps;
  // 2.27 launches a symmetric kernel as a collective whose choice was never made: all zero.
  constexpr int kFirstWithExactChannels = 4;
  if (profiler >= kFirstWithExactChannels && a.channels == 0) {
    a.launch = ChoiceCell{"symmetric", ""};
    return;
  }
  ChoiceCell cell{lower_row(kChoiceAlgorithms, c.algorithm),
                  lower_row(kChoiceProtocols, c.protocol)};
  if (!cell.algorithm.empty() && !cell.protocol.empty()) {
    a.launch = std::move(cell);
  }
}

template <int Version, typename Event>
ncclResult_t start(void* context, void** handle, Event* event) {
  *handle = context;
  if (!g_looking) {
    return ncclSuccess;
  }
  const std::lock_guard lock(g_mutex);
  g_account.profiler = Version;
  switch (static_cast<int>(event->type)) {
    case abi::kCollective:
      note_launch(Version, event->collective);
      break;
    case abi::kPointToPoint:
      g_account.by_messages = true;
      break;
    case abi::kCall:
      g_account.call = event->call.function;
      break;
    case abi::kCopyCollective:
      g_account.by_copy_engine = true;
      break;
    default:
      break;
  }
  return ncclSuccess;
}

ncclResult_t stop(void* /*handle*/) { return ncclSuccess; }
ncclResult_t record(void* /*handle*/, int /*state*/, void* /*arguments*/) { return ncclSuccess; }
ncclResult_t finalize(void* /*context*/) { return ncclSuccess; }

ncclResult_t open_v4(void** context,
                     int* mask,
                     const char* /*name*/,
                     std::uint64_t /*hash*/,
                     int /*nodes*/,
                     int /*ranks*/,
                     int /*rank*/,
                     abi::Logger /*logger*/) {
  return open(context, mask);
}
ncclResult_t open_v5(void** context,
                     std::uint64_t /*id*/,
                     int* mask,
                     const char* /*name*/,
                     int /*nodes*/,
                     int /*ranks*/,
                     int /*rank*/,
                     abi::Logger /*logger*/) {
  return open(context, mask);
}

void note_costs(int tuner, const float* table, int algorithms, int protocols) {
  if (!g_looking) {
    return;
  }
  const std::lock_guard lock(g_mutex);
  NcclAccount& a = g_account;
  if (a.tuner != 0 || protocols != static_cast<int>(kChoiceProtocols.size())) {
    return;  // another rank's, which is the same; or a table that is not known here
  }
  a.tuner = tuner;
  const auto rows = std::min(static_cast<std::size_t>(algorithms), kForcibleAlgorithms);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t p = 0; p < kChoiceProtocols.size(); ++p) {
      if (const float us = table[i * kChoiceProtocols.size() + p]; us >= 0) {
        const ChoiceCell cell{std::string(kChoiceAlgorithms[i].name),
                              std::string(kChoiceProtocols[p].name)};
        a.cost_table_us.emplace(text(cell), us);
      }
    }
  }
}

const float* as_floats(float** table) {
  return static_cast<const float*>(static_cast<void*>(table));
}

ncclResult_t choose_v3(void* /*context*/,
                       int /*function*/,
                       std::size_t /*bytes*/,
                       int /*operations*/,
                       float** table,
                       int algorithms,
                       int protocols,
                       int* /*channels*/) {
  note_costs(3, as_floats(table), algorithms, protocols);
  return ncclSuccess;
}

template <int Version>
ncclResult_t choose(void* /*context*/,
                    int /*function*/,
                    std::size_t /*bytes*/,
                    int /*operations*/,
                    float** table,
                    int algorithms,
                    int protocols,
                    int /*registered*/,
                    int* /*channels*/) {
  note_costs(Version, as_floats(table), algorithms, protocols);
  return ncclSuccess;
}

ncclResult_t begin(std::size_t /*ranks*/, std::size_t /*nodes*/, abi::Logger, void** context) {
  *context = nullptr;
  return ncclSuccess;
}
ncclResult_t begin_v5(void** context,
                      std::uint64_t /*id*/,
                      std::size_t /*ranks*/,
                      std::size_t /*nodes*/,
                      abi::Logger /*logger*/,
                      void* /*domains*/,
                      void* /*constants*/) {
  *context = nullptr;
  return ncclSuccess;
}

// A collective that was called, and of which neither a kernel of the table nor a message is told,
// ran on registered windows: by a symmetric kernel or by copy engines. v6 tells the latter; before,
// the collective says it where only one of them offers it (src/ce_coll.cc, ncclCeImplemented).
std::string without_launch(const NcclAccount& a) {
  constexpr int kFirstWithCopyEngines = 6;
  if (a.by_messages || a.call.empty()) {
    return "";
  }
  if (a.call == "AllReduce" || a.call == "ReduceScatter") {
    return "symmetric";
  }
  if (a.call == "AllGather") {
    return a.profiler >= kFirstWithCopyEngines ? "symmetric" : "";
  }
  const bool by_copies = a.call == "AlltoAll" || a.call == "Gather" || a.call == "Scatter";
  return by_copies && a.profiler < kFirstWithCopyEngines ? "copy_engine" : "";
}

// NCCL takes the cheapest cell of the table (src/enqueue.cc, topoGetAlgoInfo).
std::optional<ChoiceCell> cheapest(const std::map<std::string, double>& table) {
  const auto best = std::min_element(
      table.begin(), table.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == table.end() ? std::nullopt : std::optional(parse_cell(best->first));
}

std::optional<ChoiceCell> cell_of(const NcclAccount& a) {
  if (a.launch) {
    return a.launch;
  }
  if (a.by_copy_engine) {
    return ChoiceCell{"copy_engine", ""};
  }
  if (a.profiler == 0) {
    return cheapest(a.cost_table_us);
  }
  const std::string algorithm = without_launch(a);
  return algorithm.empty() ? std::nullopt : std::optional(ChoiceCell{algorithm, ""});
}

std::string source_of(const NcclAccount& a) {
  const std::string profiler = a.profiler > 0 ? fmt::format("profiler v{}", a.profiler) : "";
  const std::string tuner = a.tuner > 0 ? fmt::format("tuner v{}", a.tuner) : "";
  return profiler + (profiler.empty() || tuner.empty() ? "" : ", ") + tuner;
}

}  // namespace

std::string NcclObserver::why_blind() const {
  return why_no_profiler.empty() || why_no_tuner.empty() ? "" : why_no_profiler;
}

NcclObserver install_nccl_observer(int nccl_version) {
  NcclObserver observer;
  for (const Plugin& plugin : kPlugins) {
    std::string& reason = observer.*plugin.why_not;
    reason = why_not(plugin, nccl_version);
    if (reason.empty() && plugin.why_not == &NcclObserver::why_no_tuner) {
      reason = why_no_tuner_under_policy();
    }
    if (reason.empty()) {
      setenv(plugin.variable, kOurs, 0);
    }
  }
  return observer;
}

const NcclObserver& nccl_observer() {
  static const NcclObserver observer = install_nccl_observer(nccl_library().version);
  return observer;
}

std::optional<Chosen> conclude(const NcclAccount& account) {
  const auto cell = cell_of(account);
  if (!cell) {
    return std::nullopt;
  }
  Chosen chosen;
  chosen.cell = *cell;
  chosen.channels = account.channels;
  chosen.warps = account.warps;
  chosen.cost_table_us = account.cost_table_us;
  if (const auto own = account.cost_table_us.find(text(*cell));
      own != account.cost_table_us.end()) {
    chosen.estimate_us = own->second;
  }
  chosen.source = source_of(account);
  return chosen;
}

NcclLook::NcclLook() {
  {
    const std::lock_guard lock(g_mutex);
    g_account = {};
  }
  g_looking = true;
  set_mask();
}

NcclLook::~NcclLook() {
  g_looking = false;
  set_mask();
}

NcclAccount NcclLook::account() {
  const std::lock_guard lock(g_mutex);
  return g_account;
}

}  // namespace fabricast

extern "C" {

using namespace fabricast;  // NOLINT(google-build-using-namespace): a table of names of above

const abi::ProfilerV1 ncclProfiler_v1{
    "fabricast", open, start<1, abi::EventV1>, stop, record, finalize};
const abi::ProfilerV2 ncclProfiler_v2{
    "fabricast", open, start<2, abi::EventV2>, stop, record, finalize};
const abi::ProfilerV3 ncclProfiler_v3{
    "fabricast", open, start<3, abi::EventV3>, stop, record, finalize};
const abi::ProfilerV4 ncclProfiler_v4{
    "fabricast", open_v4, start<4, abi::EventV4>, stop, record, finalize};
const abi::ProfilerV5 ncclProfiler_v5{
    "fabricast", open_v5, start<5, abi::EventV5>, stop, record, finalize};
const abi::ProfilerV5 ncclProfiler_v6{
    "fabricast", open_v5, start<6, abi::EventV5>, stop, record, finalize};
const abi::TunerV3 ncclTunerPlugin_v3{"fabricast", begin, choose_v3, finalize};
const abi::TunerV4 ncclTunerPlugin_v4{"fabricast", begin, choose<4>, finalize};
const abi::TunerV5 ncclTunerPlugin_v5{"fabricast", begin_v5, choose<5>, finalize};
}
