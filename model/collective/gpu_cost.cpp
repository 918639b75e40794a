#include "model/collective/gpu_cost.hpp"

#include "model/collective/network.hpp"
#include "model/collective/shape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace fabricast {

namespace {

constexpr std::array<std::string_view, 3> kProtocols{"ll", "ll128", "simple"};
// NCCL pipelines trees in chunks of at most one slot of 512 KiB.
constexpr double kLargestChunk = 512 * 1024;

Dimensions dimensions(const Setting& s) {
  return {static_cast<double>(s.layout.ranks),
          static_cast<double>(s.nodes),
          static_cast<double>(s.layout.per_node)};
}

const GpuAlgorithm* find_row(const Setting& setting, Collective collective, std::string_view name) {
  for (const auto& row : gpu_algorithms()) {
    if (row.collective == collective && row.name == name && row.applies(dimensions(setting))) {
      return &row;
    }
  }
  return nullptr;
}

bool has_multicast(const Setting& setting) {
  return setting.in_node_reduction && setting.layout.per_node > 1;
}

bool available(const Setting& setting, const GpuAlgorithm& row) {
  const Shape shape = row.shape(dimensions(setting));
  const bool needs_sharp =
      row.name.starts_with("collnet") || (row.name == "nvls" && setting.nodes > 1);
  return row.applies(dimensions(setting)) && (!shape.multicast || has_multicast(setting)) &&
         (!needs_sharp || setting.in_network_reduction);
}

// (a^4 + b^4)^(1/4): the slower of two overlapping transfers, rounded where they are equal.
double smooth_max(double a, double b) { return std::pow(std::pow(a, 4) + std::pow(b, 4), 0.25); }

class GpuCost final : public Cost {
 public:
  GpuCost(const Setting& setting,
          const GpuAlgorithm& row,
          const Candidate& candidate,
          const Inputs& in)
      : setting_(setting),
        shape_(row.shape(dimensions(setting))),
        network_(setting, in),
        protocol_(candidate.protocol),
        channels_(std::max(1, candidate.channels)) {
    const std::string suffix = "_" + candidate.protocol;
    launch_ = in.index("launch." + candidate.protocol + "_us");
    architecture_ = optional(in, "launch." + setting.architecture + "_factor");
    system_launch_ = in.index("system.launch");
    if (shape_.steps_up > 0) {
      hop_up_ = in.index("scale_up.hop." + std::string(row.up) + suffix + "_us");
    }
    if (shape_.volume_up > 0) {
      efficiency_up_ = in.index("scale_up.efficiency." + std::string(row.up) + suffix);
    }
    multicast_ = in.index("scale_up.nvls_round_us");
    rate_up_ = in.index("scale_up.rate_GBps");
    if (setting.nodes > 1) {
      const std::string fabric = setting.fabric_class + ".";
      hop_out_ = in.index(fabric + "hop." + std::string(row.out) + suffix + "_us");
      efficiency_out_ = in.index(fabric + "efficiency." + std::string(row.out) + suffix);
      long_message_us_ = in.index(fabric + "long_message_us");
    }
    long_message_B_ = in.index("shape.long_message_B");
    fill_ = in.index("shape.fill");
    growth_ = in.index("shape.hop_growth");
    fade_ = in.index("shape.bandwidth_fade");
    system_latency_ = in.index("system.latency");
    system_bandwidth_ = in.index("system.bandwidth");
    crossing_ = in.index("placement.crossing_share");
  }

  [[nodiscard]] std::vector<Term> terms(const Inputs& in, Bytes message) const override {
    const double chunk = message.si() * shape_.chunk / channels_;
    std::vector<Term> list{
        {"launch",           launch(in)    },
        {"scale_up_latency", latency_up(in)}
    };
    const double up = seconds_up(in, message);
    if (setting_.nodes == 1) {
      list.push_back({"scale_up_bytes", Seconds(up)});
      return list;
    }
    const double out = seconds_out(in, message);
    const double bytes = smooth_max(up, out);
    // The two overlap; each is shown with its part of what they cost together.
    const double share_out = bytes > 0 ? std::pow(out / bytes, 4) : 1;
    list.push_back({"scale_out_latency", latency_out(in, chunk)});
    list.push_back({"fabric_distance", network_.distance(in, shape_.steps_out, shape_.neighbours)});
    list.push_back({"pipeline_fill", fill(in, chunk)});
    list.push_back({"scale_up_bytes", Seconds(bytes * (1 - share_out))});
    list.push_back({"scale_out_bytes", Seconds(bytes * share_out)});
    return list;
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  static std::size_t optional(const Inputs& in, const std::string& name) {
    return in.has(name) ? in.index(name) : kNone;
  }

  [[nodiscard]] Seconds launch(const Inputs& in) const {
    const double factor = architecture_ == kNone ? 1 : in.value(architecture_);
    return microseconds(in.value(launch_) * factor * in.value(system_launch_));
  }

  [[nodiscard]] Seconds latency_up(const Inputs& in) const {
    const double hops = shape_.steps_up > 0 ? shape_.steps_up * in.value(hop_up_) : 0;
    return microseconds(hops + (shape_.multicast ? in.value(multicast_) : 0));
  }

  // A hop grows with the number of nodes (its time is a maximum over ever more of them) and when
  // messages are long enough to be announced before they are sent.
  [[nodiscard]] Seconds latency_out(const Inputs& in, double chunk) const {
    const double on_wire = protocol_ == "ll" ? 2 * chunk : chunk;  // LL sends a flag with each word
    const double announced =
        protocol_ == "ll128" ? 0 : long_message_share(on_wire, in.value(long_message_B_));
    const double hop =
        in.value(hop_out_) * in.value(system_latency_) + in.value(long_message_us_) * announced;
    const double growth = 1 + in.value(growth_) * std::max(0.0, std::log2(setting_.nodes) - 1);
    return microseconds(shape_.steps_out * hop * growth);
  }

  [[nodiscard]] Seconds fill(const Inputs& in, double chunk) const {
    if (!shape_.pipelined) {
      return {};
    }
    const Bytes first(std::min(chunk, kLargestChunk));
    return in.value(fill_) * shape_.steps_out * (first / network_.nic(in));
  }

  [[nodiscard]] double seconds_up(const Inputs& in, Bytes message) const {
    if (shape_.volume_up == 0) {
      return 0;
    }
    const BytesPerSecond rate = gigabytes_per_second(in.value(rate_up_)) * in.value(efficiency_up_);
    return (message * shape_.volume_up / rate).si();
  }

  [[nodiscard]] double seconds_out(const Inputs& in, Bytes message) const {
    const double fade = std::pow(std::max(1.0, setting_.nodes / 2.0), in.value(fade_));
    const BytesPerSecond rate = network_.node(in) * in.value(efficiency_out_) *
                                in.value(system_bandwidth_) *
                                network_.rate_factor(in, in.value(crossing_));
    return (message * shape_.volume_out * fade / rate).si();
  }

  Setting setting_;
  Shape shape_;
  Network network_;
  std::string protocol_;
  int channels_;
  std::size_t launch_ = kNone, architecture_ = kNone, system_launch_ = kNone, hop_up_ = kNone,
              efficiency_up_ = kNone, multicast_ = kNone, rate_up_ = kNone, hop_out_ = kNone,
              efficiency_out_ = kNone, long_message_us_ = kNone, long_message_B_ = kNone,
              fill_ = kNone, growth_ = kNone, fade_ = kNone, system_latency_ = kNone,
              system_bandwidth_ = kNone, crossing_ = kNone;
};

}  // namespace

std::vector<Candidate> priceable_on_gpus(const Setting& setting, Collective collective) {
  std::vector<Candidate> list;
  for (const auto& row : gpu_algorithms()) {
    if (row.collective != collective || !available(setting, row)) {
      continue;
    }
    for (const std::string_view protocol : kProtocols) {
      if (row.every_protocol || protocol == "simple") {
        list.push_back({std::string(row.name), std::string(protocol)});
      }
    }
  }
  return list;
}

std::unique_ptr<Cost> make_gpu_cost(const Setting& setting,
                                    Collective collective,
                                    const Candidate& candidate,
                                    const Inputs& inputs) {
  const GpuAlgorithm* row = find_row(setting, collective, candidate.algorithm);
  if (row == nullptr) {
    throw std::logic_error("no shape for " + candidate.algorithm);
  }
  return std::make_unique<GpuCost>(setting, *row, candidate, inputs);
}

}  // namespace fabricast
