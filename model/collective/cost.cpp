#include "model/collective/cost.hpp"

#include "model/collective/exchange_cost.hpp"
#include "model/collective/gpu_cost.hpp"
#include "model/collective/host_cost.hpp"
#include "model/collective/window_cost.hpp"

#include <algorithm>
#include <utility>

namespace fabricast {

namespace {

// Bytes that must cross, in messages, whatever the algorithm: per GPU on scale-up links and per
// node on its NICs. In-network reduction halves what all-reduce needs: the message goes up once and
// comes back.
struct LeastVolume {
  double up;
  double out;
};

LeastVolume least_volume(const Setting& setting, Collective collective) {
  const double ranks = setting.layout.ranks;
  const double n = setting.layout.per_node;
  const double nodes = setting.nodes;
  const double one_pass_up = (n - 1) / n;
  const double one_pass_out = (nodes - 1) / nodes;
  switch (collective) {
    case Collective::kAllReduce:
      return {setting.in_node_reduction && n > 1 ? 1.0 : 2 * one_pass_up,
              setting.in_network_reduction ? 1.0 : 2 * one_pass_out};
    case Collective::kAllGather:
    case Collective::kReduceScatter:
      return {one_pass_up, one_pass_out};
    case Collective::kAllToAll:
      return {(n - 1) / ranks, n * (ranks - n) / ranks};
    case Collective::kGather:
    case Collective::kScatter:
      return {(n - 1) / ranks, (ranks - n) / ranks};
    default:
      return {n > 1 ? 1.0 : 0.0, 1.0};
  }
}

}  // namespace

std::vector<Candidate> priceable(const Setting& setting, Collective collective) {
  if (setting.on_host()) {
    return priceable_on_host(setting, collective);
  }
  std::vector<Candidate> list = is_exchange(collective) ? priceable_exchange(setting, collective)
                                                        : priceable_on_gpus(setting, collective);
  if (setting.registered) {
    for (Candidate& candidate : priceable_on_windows(collective)) {
      list.push_back(std::move(candidate));
    }
  }
  return list;
}

std::unique_ptr<Cost> make_cost(const Setting& setting,
                                Collective collective,
                                const Candidate& candidate,
                                const Inputs& inputs) {
  if (setting.on_host()) {
    return make_host_cost(setting, collective, candidate, inputs);
  }
  if (needs_windows(candidate.algorithm)) {
    return make_window_cost(setting, collective, candidate, inputs);
  }
  return is_exchange(collective) ? make_exchange_cost(setting, collective, candidate, inputs)
                                 : make_gpu_cost(setting, collective, candidate, inputs);
}

Seconds datasheet_bound(const Setting& setting,
                        Collective collective,
                        const Inputs& inputs,
                        Bytes message) {
  if (setting.on_host() || setting.layout.ranks == 1) {
    return {};
  }
  const LeastVolume volume = least_volume(setting, collective);
  const Seconds up = message * volume.up / gigabytes_per_second(inputs["scale_up.rate_GBps"]);
  if (setting.nodes == 1) {
    return up;
  }
  const BytesPerSecond node =
      gigabytes_per_second(inputs["nic.rate_GBps"]) * static_cast<double>(setting.nics_per_node);
  return std::max(up, message * volume.out / node);
}

}  // namespace fabricast
