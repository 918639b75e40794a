#include "model/cluster_schema.hpp"

namespace fabricast {

namespace {

using enum KeyKind;

constexpr std::array<std::string_view, 4> kStatuses{
    "operating", "announced", "reference-design", "hypothetical"};
constexpr std::array<std::string_view, 4> kFidelities{
    "measured-elsewhere", "topology-published", "topology-assumed", "design-assumed"};
constexpr std::array<std::string_view, 3> kCpus{"intel", "amd", "arm"};
constexpr std::array<std::string_view, 7> kArchitectures{
    "volta", "ampere", "ada", "hopper", "blackwell", "cdna3", "cpu"};
constexpr std::array<std::string_view, 5> kScaleUpKinds{
    "nvswitch", "mesh", "pcie", "host-memory", "none"};
constexpr std::array<std::string_view, 5> kRoutings{
    "static", "ecmp", "e-ecmp", "adaptive", "spray"};
constexpr auto kProtocolNames = [] {
  std::array<std::string_view, kProtocols.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = kProtocols[i].name;
  }
  return names;
}();

constexpr KeyRule need(KeyKind kind,
                       std::string_view key,
                       std::string_view meaning,
                       Range range = kPositive) {
  return {.key = key, .kind = kind, .required = true, .meaning = meaning, .range = range};
}
constexpr KeyRule may(KeyKind kind,
                      std::string_view key,
                      std::string_view meaning,
                      Range range = kPositive) {
  return {.key = key, .kind = kind, .required = false, .meaning = meaning, .range = range};
}
constexpr KeyRule words(std::string_view key,
                        std::span<const std::string_view> words,
                        std::string_view meaning) {
  return {.key = key, .kind = kWord, .required = true, .meaning = meaning, .words = words};
}
constexpr KeyRule need(KeyKind kind,
                       std::string_view key,
                       const TableRule& rule,
                       std::string_view meaning) {
  return {.key = key, .kind = kind, .required = true, .meaning = meaning, .table = &rule};
}
constexpr KeyRule may(KeyKind kind,
                      std::string_view key,
                      const TableRule& rule,
                      std::string_view meaning) {
  return {.key = key, .kind = kind, .required = false, .meaning = meaning, .table = &rule};
}

// Rates are per direction. Required quantities are what the model computes with; the others are
// shown.

constexpr std::array kGpuKeys{
    words("architecture", kArchitectures, "generation; cpu for ranks that are processes"),
    need(kQuantity, "scaleup_GBps", "datasheet rate to the scale-up domain"),
    may(kQuantity, "scaleup_achieved_GBps", "what a copy to a neighbour reaches"),
    need(kQuantity, "memory_GBps", "device memory, achieved"),
    may(kQuantity, "memory_datasheet_GBps", "device memory, datasheet"),
    may(kQuantity, "memory_GB", "capacity of the device memory"),
    may(kQuantity, "bf16_TFLOPS", "dense matrix product, achieved"),
    may(kQuantity, "bf16_datasheet_TFLOPS", "dense matrix product, datasheet"),
    may(kQuantity, "fp8_TFLOPS", "dense matrix product, achieved"),
    may(kQuantity, "fp8_datasheet_TFLOPS", "dense matrix product, datasheet"),
    may(kQuantity, "busbw_ring_GBps", "all-reduce in one box without NVLS"),
    may(kQuantity, "busbw_nvls_GBps", "all-reduce in one box with NVLS"),
    may(kQuantity, "tdp_W", "thermal design power"),
    may(kQuantity, "price_usd", "price of one"),
};
constexpr TableRule kGpu{kGpuKeys};

constexpr std::array kNicKeys{
    need(kQuantity, "rate_Gbps", "datasheet"),
    need(kQuantity, "achieved_GBps", "what a plain RDMA write or a stream reaches"),
    need(kQuantity, "latency_us", "host to host through one switch, small message"),
    may(kQuantity, "power_W", "power of one"),
};
constexpr TableRule kNic{kNicKeys};

constexpr std::array kSwitchKeys{
    need(kQuantity, "latency_ns", "port to port"),
    may(kQuantity, "ports", "ports at port_Gbps"),
    may(kQuantity, "port_Gbps", "rate of one port"),
    may(kQuantity, "power_W", "power of one, with optics"),
    may(kQuantity, "price_usd", "price of one"),
};
constexpr TableRule kSwitch{kSwitchKeys};

constexpr std::array kLinkKeys{
    need(kQuantity, "delay_ns_per_m", "propagation"),
    may(kQuantity, "max_m", "longest that is sold"),
    may(kQuantity, "transceiver_ns", "delay of the electronics per end"),
    may(kQuantity, "transceiver_W", "power per end"),
    may(kQuantity, "transceiver_usd", "price per end"),
};
constexpr TableRule kLink{kLinkKeys};

constexpr std::array kClusterKeys{
    need(kText, "id", "short name; the file's name for built-in clusters"),
    need(kText, "title", "one line for people"),
    may(kTextList, "aliases", "other names that people type; each belongs to one cluster"),
    words("status", kStatuses, "does it exist"),
    need(kText, "as_of", "date of the facts, as text: \"2024-10-29\""),
    need(kQuantity, "gpus_total", "GPUs of all pools", kCount),
    words("fidelity", kFidelities, "how well the description is known"),
    need(kTextList, "unknown", "what is not known; printed with every result"),
};
constexpr TableRule kCluster{kClusterKeys};

constexpr std::array kNodeKeys{
    need(kText, "gpu", "name of a [gpu.NAME]"),
    need(kInteger, "gpus", "GPUs per node", kCount),
    words("cpu", kCpus, "maker of the host processor: NCCL's constants depend on it"),
    may(kText, "nic", "name of a [nic.NAME]; with nics"),
    may(kInteger, "nics", "NICs per node on the fabric", kCountOrNone),
    may(kQuantity, "nics_frontend", "further NICs, not on the fabric", kNotNegative),
    may(kNote, "chassis", "product"),
    may(kNote, "gpu_nic_path", "what lies between GPU and NIC"),
    may(kQuantity, "pcie_GBps", "host to device, achieved"),
    may(kQuantity, "power_max_W", "largest input power of a node"),
    may(kQuantity, "power_train_W", "input power of a node in training"),
    may(kQuantity, "price_usd", "price of a node"),
};
constexpr TableRule kNode{kNodeKeys};

constexpr std::array kScaleUpKeys{
    need(kInteger, "domain_gpus", "GPUs that reach each other without a NIC", kCount),
    words("kind", kScaleUpKinds, "what joins them"),
    may(kText, "switch", "name of a [switch.NAME]"),
    need(kFlag, "in_network_reduction", "NVLS: the switches add"),
};
constexpr TableRule kScaleUp{kScaleUpKeys};

constexpr std::array kRackKeys{
    may(kQuantity, "nodes", "nodes per rack", kCount),
    may(kNote, "cooling", "how"),
    may(kQuantity, "power_W", "power of a rack"),
};
constexpr TableRule kRack{kRackKeys};

constexpr std::array kPoolKeys{
    need(kText, "name", "short name"),
    need(kQuantity, "nodes", "number of nodes", kCount),
    need(kTable, "node", kNode, "one node"),
    need(kTable, "scaleup", kScaleUp, "what joins the GPUs of a node or a rack"),
    may(kTable, "rack", kRack, "one rack"),
};
constexpr TableRule kPool{kPoolKeys};

constexpr std::array kGroupKeys{
    need(kText, "name", "array, pod, hall, ..."),
    need(kQuantity, "gpus", "its size", kCount),
};
constexpr TableRule kGroup{kGroupKeys};

constexpr std::array kTierKeys{
    need(kText, "name", "leaf, spine, core"),
    need(kText, "switch", "name of a [switch.NAME]"),
    need(kInteger, "radix", "ports of one switch", kCount),
    need(kInteger, "down", "ports towards the GPUs", kCount),
    need(kInteger, "up", "ports to the tier above; 0 at the top", kCountOrNone),
    need(kQuantity, "group_gpus", "GPUs that reach each other below or in this tier", kCount),
    need(kQuantity, "oversub", "down-capacity / up-capacity; 1 at the top", kRatio),
    need(kText, "cable", "name of a [link.NAME]: the cables below"),
    need(kQuantity, "cable_m", "their length", kNotNegative),
};
constexpr TableRule kTier{kTierKeys};

constexpr std::array kFabricKeys{
    need(kText, "name", "backend, compute, ..."),
    words("protocol", kProtocolNames, "transport on the wire"),
    may(kNote, "vendor", "product family"),
    need(kQuantity, "link_Gbps", "rate of one switch port"),
    need(kInteger, "planes", "separate copies of the fabric; NIC ports spread over them", kCount),
    need(kInteger, "rails", "leaf sets by NIC index; 1 if none", kCount),
    words("routing", kRoutings, "how a flow finds its path"),
    need(kQuantity, "routing_efficiency", "of the link rate, under load", kFraction),
    may(kQuantity, "routing_efficiency_ecmp", "the same if paths were hashed", kFraction),
    need(kFlag, "in_network_reduction", "SHARP: the switches add"),
    may(kTextList, "nccl_protocols", "of ll, ll128, simple, those NCCL uses here; all if absent"),
    need(kTableList, "tier", kTier, "levels of switches, bottom to top"),
};
constexpr TableRule kFabric{kFabricKeys};

constexpr std::array kPowerKeys{
    may(kQuantity, "site_MW", "power of the site"),
    may(kQuantity, "storage_MW", "batteries"),
    may(kQuantity, "other_it_fraction", "switches, storage, optics", kShare),
    may(kQuantity, "pue", "site power / IT power", Range{1, 10}),
    may(kQuantity, "electricity_usd_per_kWh", "tariff"),
    may(kQuantity, "carbon_kg_per_kWh", "CO2 of the grid", kNotNegative),
};
constexpr TableRule kPower{kPowerKeys};

constexpr std::array kPriceKeys{
    may(kQuantity, "network_usd_per_gpu", "switches, NICs, cables"),
    may(kQuantity, "capex_usd", "all hardware"),
    may(kQuantity, "amortise_years", "write-off"),
};
constexpr TableRule kPrice{kPriceKeys};

constexpr std::array kReliabilityKeys{
    may(kQuantity, "interruptions_per_node_day", "that end a job"),
    may(kQuantity, "network_share", "of them, by the network", kShare),
    may(kQuantity, "gpu_share", "of them, by GPUs", kShare),
    may(kQuantity, "restart_s", "from fault to training again"),
    may(kQuantity, "checkpoint_s", "training stopped for a checkpoint"),
    may(kQuantity, "spare_fraction", "nodes kept idle", kShare),
    may(kQuantity, "effective_time", "share of time that trains", kShare),
};
constexpr TableRule kReliability{kReliabilityKeys};

constexpr std::array kObservationKeys{
    need(kText, "name", "what was measured, on how many GPUs"),
    may(kQuantity, "busbw_GBps", "as nccl-tests defines it"),
    may(kQuantity, "achieved_TFLOPS", "model FLOPs per GPU and second"),
};
constexpr TableRule kObservation{kObservationKeys};

constexpr KeyRule kSchema = need(kInteger, "schema", "version of this notation", Range{1, 1});

constexpr std::array kPartsKeys{
    kSchema,
    may(kTablesByName, "gpu", kGpu, "GPUs"),
    may(kTablesByName, "nic", kNic, "NICs"),
    may(kTablesByName, "switch", kSwitch, "switches"),
    may(kTablesByName, "link", kLink, "cables"),
};
constexpr TableRule kParts{kPartsKeys};

constexpr std::array kFileKeys{
    kSchema,
    need(kTable, "cluster", kCluster, "the cluster as a whole"),
    need(kTableList, "pool", kPool, "nodes of one kind"),
    may(kTableList, "group", kGroup, "named sets of GPUs, small to large"),
    may(kTable, "fabric", kFabric, "the network that the collectives use"),
    may(kTable, "power", kPower, "power of the site"),
    may(kTable, "price", kPrice, "cost"),
    may(kTable, "reliability", kReliability, "failures"),
    may(kTableList, "observation", kObservation, "published measurements on this system"),
    may(kTablesByName, "gpu", kGpu, "GPUs of this file's own"),
    may(kTablesByName, "nic", kNic, "NICs of this file's own"),
    may(kTablesByName, "switch", kSwitch, "switches of this file's own"),
    may(kTablesByName, "link", kLink, "cables of this file's own"),
};
constexpr TableRule kFile{kFileKeys};

}  // namespace

const TableRule& cluster_rule() { return kFile; }
const TableRule& parts_rule() { return kParts; }

}  // namespace fabricast
