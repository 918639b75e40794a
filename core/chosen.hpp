// What NCCL ran for a collective, in this program's own names, and how a user forces it.
#pragma once

#include "core/collective.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

class JsonFields;

/// An algorithm of NCCL. The first seven stand in the order of NCCL's numbers and rows of its cost
/// table (NVIDIA/nccl: src/include/nccl_common.h); `setting` is its word in NCCL_ALGO, "" where
/// that cannot ask for it.
struct ChoiceAlgorithm {
  std::string_view name;
  std::string_view setting;
  bool every_protocol;  // LL, LL128 and Simple; otherwise Simple alone
};
inline constexpr std::array kChoiceAlgorithms{
    ChoiceAlgorithm{"tree",           "Tree",          true },
    ChoiceAlgorithm{"ring",           "Ring",          true },
    ChoiceAlgorithm{"collnet_direct", "CollNetDirect", false},
    ChoiceAlgorithm{"collnet_chain",  "CollNetChain",  false},
    ChoiceAlgorithm{"nvls",           "NVLS",          false},
    ChoiceAlgorithm{"nvls_tree",      "NVLSTree",      false},
    ChoiceAlgorithm{"pat",            "PAT",           false},
    ChoiceAlgorithm{"symmetric",      "",              false},
    ChoiceAlgorithm{"copy_engine",    "",              false},
};
inline constexpr std::size_t kForcibleAlgorithms = 7;

/// In the order of NCCL's numbers.
struct ChoiceProtocol {
  std::string_view name;
  std::string_view setting;
};
inline constexpr std::array kChoiceProtocols{
    ChoiceProtocol{"ll",     "LL"    },
    ChoiceProtocol{"ll128",  "LL128" },
    ChoiceProtocol{"simple", "Simple"},
};

/// A cell of NCCL's cost table.
struct ChoiceCell {
  std::string algorithm;
  std::string protocol;  // "" where the algorithm has none: symmetric kernels, copy engines
  friend bool operator==(const ChoiceCell&, const ChoiceCell&) = default;
};

/// "ring/ll"; "symmetric".
std::string text(const ChoiceCell& cell);
/// Of "ring/ll". Throws Error, with the cells that exist, for one that cannot be forced.
ChoiceCell parse_cell(const std::string& text);
/// Every cell that the settings can ask for, of these algorithms (none: of all). Throws Error for a
/// name that is none of them.
std::vector<ChoiceCell> forcible_cells(const std::vector<std::string>& algorithms);
/// Whether any version of NCCL runs the algorithm for the collective (src/graph/tuning.cc).
bool can_run(const ChoiceCell& cell, Collective collective);

/// Of one collective. NCCL takes the same on every rank.
struct Chosen {
  ChoiceCell cell;
  int channels = 0;                             // thread blocks of the kernel; 0: not told
  int warps = 0;                                // of each; 0: not told
  std::optional<double> estimate_us;            // NCCL's own for this cell
  std::map<std::string, double> cost_table_us;  // "ring/ll" -> NCCL's own estimate; those allowed
  std::string source;                           // "profiler v5, tuner v5"
};

/// "ring/ll x4": the cell and its channels.
std::string text(const Chosen& chosen);

nlohmann::json to_json(const Chosen& chosen);
/// Throws Error for what is missing, unknown or of the wrong kind.
Chosen chosen_from_json(const nlohmann::json& json, const std::string& where);

/// The variables that make NCCL run this cell alone.
std::map<std::string, std::string> settings_for(const ChoiceCell& cell);
/// The cell that such settings ask for; nothing where they leave a choice.
std::optional<ChoiceCell> forced_cell(const std::map<std::string, std::string>& environment);

}  // namespace fabricast
