#include "model/collective/nccl_constants.hpp"
#include "model/collective/nccl_table.hpp"

#include <algorithm>

namespace fabricast {

namespace {

constexpr std::array<std::string_view, 3> kLinks{"nvlink", "pci", "net"};

template <typename Read>
void for_generations(NcclTable table, Read read) {
  for (const auto& row : kNcclGenerations) {
    if (row.name == row.key && table.has(row.key)) {
      read(table, row.key, static_cast<std::size_t>(row.generation));
    }
  }
  table.finish();
}

void read_numbers(NcclTable table, PerGeneration<double>& out) {
  for_generations(table, [&](NcclTable& t, auto key, auto g) { t.read(key, out[g]); });
}
void read_rates(NcclTable table, PerGeneration<BytesPerSecond>& out) {
  for_generations(table, [&](NcclTable& t, auto key, auto g) { t.read_GBps(key, out[g]); });
}
void read_rates(NcclTable table, PerGeneration<PerNodes>& out) {
  for_generations(table, [&](NcclTable& t, auto key, auto g) { t.read_GBps(key, out[g]); });
}

void read_latencies(NcclTable table, PerAlgorithm& out) {
  for (const auto& row : kNcclAlgorithms) {
    table.read_us(row.name, out[static_cast<std::size_t>(row.id)]);
  }
  table.finish();
}

void read_hops(NcclTable table, std::array<PerAlgorithm, 3>& out) {
  for (std::size_t link = 0; link < kLinks.size(); ++link) {
    read_latencies(table.table(kLinks[link]), out[link]);
  }
  table.finish();
}

void read_ll_caps(NcclTable table, NcclCaps& out) {
  read_rates(table.table("one_node"), out.ll_one_node);
  NcclTable several = table.table("several_nodes");
  several.read_GBps("intel", out.ll_intel);
  several.read_GBps("amd", out.ll_amd);
  several.finish();
  table.finish();
}

void read_channel_caps(NcclTable table, NcclCaps& out) {
  read_rates(table.table("ring_ll128"), out.ring_ll128);
  read_rates(table.table("tree_ll128"), out.tree_ll128);
  read_rates(table.table("tree"), out.tree);
  read_rates(table.table("nvls_tree"), out.nvls_tree);
  table.finish();
}

void read_shares(NcclTable table, NcclShares& out) {
  table.read("ring_ll", out.ring_ll);
  table.read("ring_ll_one_node_no_sum", out.ring_ll_one_node_no_sum);
  table.read("ring_ll128", out.ring_ll128);
  table.read("ring_ll128_lone_gpus", out.ring_ll128_lone_gpus);
  table.read("tree", out.tree);
  table.read("tree_ll", out.tree_ll);
  table.read("tree_ll128", out.tree_ll128);
  table.read("tree_ll128_one_node", out.tree_ll128_one_node);
  table.read("plain_tree", out.plain_tree);
  table.read("pat", out.pat);
  read_numbers(table.table("collnet_direct"), out.collnet_direct);
  table.finish();
}

void read_nvls(NcclTable table, NcclNvls& out) {
  int form = static_cast<int>(out.form);
  table.read_word("form", kNcclNvlsForms, form);
  out.form = static_cast<NcclNvlsForm>(form);
  table.read("all_reduce", out.all_reduce);
  table.read("all_reduce_tree", out.all_reduce_tree);
  table.read("gather", out.gather);
  table.read("gather_network", out.gather_network);
  table.read("gather_skips_own", out.gather_skips_own);
  table.read("gather_across_nodes", out.gather_across_nodes);
  table.read("gather_most_gpus", out.gather_most_gpus);
  table.read("least_gpus", out.least_gpus);
  read_numbers(table.table("efficiency"), out.efficiency);
  for_generations(table.table("channels"),
                  [&](NcclTable& t, auto key, auto g) { t.read(key, std::span(out.channels[g])); });
  table.finish();
}

void read_collnet(NcclTable table, NcclCollnet& out) {
  int gather = static_cast<int>(out.gather);
  table.read_word("gather", kNcclCollnetGathers, gather);
  out.gather = static_cast<NcclCollnetGather>(gather);
  table.read("direct_most_gpus", out.direct_most_gpus);
  table.read("chain_most_gpus", out.chain_most_gpus);
  table.read_us("serial_us", out.serial);
  table.read("gather_lone_gpus", out.gather_lone_gpus);
  table.read("gather_eight_gpus", out.gather_eight_gpus);
  table.read("gather_network", out.gather_network);
  table.finish();
}

void read_steps(NcclTable table, NcclSteps& out) {
  table.read("all_reduce_extra_network", out.all_reduce_extra_network);
  table.read("lone_gpus_pay_tree", out.lone_gpus_pay_tree);
  table.read("nvls_tree_is_linear", out.nvls_tree_is_linear);
  table.read_us("post_us", out.post);
  table.read_us("post_amd_us", out.post_amd);
  table.read("posts_simple", out.posts_simple);
  read_numbers(table.table("ring_plateau"), out.ring_plateau);
  table.read("pat_network_share", out.pat_network_share);
  table.read_us("pat_per_rank_us", out.pat_per_rank);
  table.finish();
}

void read_channels(NcclTable table, NcclChannels& out) {
  table.read("most", out.most);
  table.read("raised_to_nvls", out.raised_to_nvls);
  table.read("doubled_below", out.doubled_below);
  table.read_GBps("doubled_above_GBps", out.doubled_above);
  table.read("ll128_behind_host", out.ll128_behind_host);
  table.finish();
}

void read_correction(NcclTable table, NcclCorrection& out) {
  for (const auto& row : kNcclProtocols) {
    table.read(row.name, std::span(out.tree[static_cast<std::size_t>(row.id)]));
  }
  if (table.has("nvls_tree")) {
    out.nvls_tree.resize(24);
    table.read("nvls_tree", std::span(out.nvls_tree));
  }
  table.finish();
}

}  // namespace

NcclConstants parse_nccl_constants(const TomlValue& root,
                                   const std::string& file,
                                   const NcclConstants* inherited) {
  NcclConstants c = inherited == nullptr ? NcclConstants{} : *inherited;
  NcclTable table(root, file, inherited != nullptr);
  std::string first;
  std::string last;
  std::string parent;
  table.read("first", first);
  table.read("last", last);
  if (table.has("inherits")) {
    table.read("inherits", parent);
  }
  c.versions = {parse_nccl_version(first, file), parse_nccl_version(last, file)};
  read_latencies(table.sourced("base_latency_us"), c.base);
  read_hops(table.sourced("hop_latency_us"), c.hop);
  read_ll_caps(table.sourced("ll_cap_GBps"), c.caps);
  read_channel_caps(table.sourced("channel_cap_GBps"), c.caps);
  read_shares(table.sourced("share"), c.shares);
  read_nvls(table.sourced("nvls"), c.nvls);
  read_collnet(table.sourced("collnet"), c.collnet);
  read_steps(table.sourced("steps"), c.steps);
  read_channels(table.sourced("channels"), c.channels);
  read_correction(table.sourced("tree_correction"), c.correction);
  table.finish();
  return c;
}

}  // namespace fabricast
