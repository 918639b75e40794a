// What NCCL chooses for a collective. NCCL tells it to profiler and tuner plugins; this program is
// its own: NCCL finds them in it by the name STATIC_PLUGIN.
#pragma once

#include "core/chosen.hpp"

#include <map>
#include <optional>
#include <string>

namespace fabricast {

/// Why a plugin of this program cannot be used: "" where it can.
struct NcclObserver {
  std::string why_no_profiler;  // tells algorithm, protocol and channels
  std::string why_no_tuner;     // tells NCCL's cost table

  /// "" or why nothing is told, with the remedy.
  [[nodiscard]] std::string why_blind() const;
};

/// Sets NCCL_PROFILER_PLUGIN and NCCL_TUNER_PLUGIN for this process. Neither displaces what a user
/// or a site has set: the variables, NCCL's configuration files, or libraries under the names that
/// NCCL tries by itself. To be called before the first communicator is made.
NcclObserver install_nccl_observer(int nccl_version);
/// The same for the library of this process, once.
const NcclObserver& nccl_observer();

/// What the plugins were told of one collective call.
struct NcclAccount {
  int profiler = 0;  // versions of the plugins that NCCL talked to; 0: none
  int tuner = 0;
  std::string call;                  // "AllReduce": NCCL was called
  std::optional<ChoiceCell> launch;  // a kernel of this cell; the algorithm is "symmetric" too
  int channels = 0;
  int warps = 0;
  bool by_copy_engine = false;
  bool by_messages = false;  // sends and receives
  std::map<std::string, double> cost_table_us;
};

/// What the account says; nothing where it leaves the choice open.
std::optional<Chosen> conclude(const NcclAccount& account);

/// While it lives, the plugins write down what they are told; else NCCL calls no profiler, and the
/// tuner returns at once. One at a time in a process, on no more than the first call of a case:
/// warm-up, unless the user left that out. Calls of all local ranks lie between its ends.
class NcclLook {
 public:
  NcclLook();
  ~NcclLook();
  NcclLook(const NcclLook&) = delete;
  NcclLook& operator=(const NcclLook&) = delete;

  /// Of the calls until now: the first that was launched.
  [[nodiscard]] static NcclAccount account();
};

}  // namespace fabricast
