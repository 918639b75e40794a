// Every key of a cluster file: kind, unit, range and meaning.
#pragma once

#include "model/toml_schema.hpp"

#include <array>
#include <string_view>

namespace fabricast {

/// A protocol as files write it, and the class that constants are kept for. No curve of
/// GPUDirect-TCPXO is among the published ones: those of EFA, another cloud's own transport, stand
/// for it.
struct ProtocolInfo {
  std::string_view name;
  std::string_view fabric_class;
};

inline constexpr std::array kProtocols{
    ProtocolInfo{"roce-v2",         "roce"      },
    ProtocolInfo{"infiniband-hdr",  "infiniband"},
    ProtocolInfo{"infiniband-ndr",  "infiniband"},
    ProtocolInfo{"infiniband-xdr",  "infiniband"},
    ProtocolInfo{"efa-srd",         "efa"       },
    ProtocolInfo{"gpudirect-tcpxo", "efa"       },
    ProtocolInfo{"slingshot",       "slingshot" },
    ProtocolInfo{"tcp",             "tcp"       },
};

/// The tables of parts, [gpu.NAME] and so on.
inline constexpr std::array<std::string_view, 4> kPartTables{"gpu", "nic", "switch", "link"};
/// The file of the parts that are built in; it stands beside the clusters.
inline constexpr std::string_view kPartsFile = "parts.toml";

/// A cluster file: all tables.
const TableRule& cluster_rule();
/// The library of parts: the part tables alone.
const TableRule& parts_rule();

}  // namespace fabricast
