#include "model/collective/gpu_cost.hpp"

#include "model/collective/factors.hpp"
#include "model/collective/network.hpp"
#include "model/collective/shape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace fabricast {

namespace {

struct Protocol {
  std::string_view name;
  double in_flight_B;  // data that a connection of one channel holds before its receiver answers
};
// Eight slots of NCCL's default buffers: src/init.cc and src/include/device.h.
constexpr std::array<Protocol, 3> kProtocols{
    {{"ll", 8 * 32 * 1024}, {"ll128", 8 * 576000}, {"simple", 8 * 512 * 1024}}
};
// NCCL pipelines trees in chunks of at most one slot of 512 KiB.
constexpr double kLargestChunk = 512 * 1024;

double in_flight_B(std::string_view protocol) {
  return std::find_if(kProtocols.begin(),
                      kProtocols.end(),
                      [&](const Protocol& p) { return p.name == protocol; })
      ->in_flight_B;
}

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

class GpuCost final : public Cost {
 public:
  GpuCost(const Setting& setting,
          const GpuAlgorithm& row,
          const Candidate& candidate,
          const Inputs& in)
      : shape_(row.shape(dimensions(setting))),
        nodes_(setting.nodes),
        chunk_(shape_.chunk / std::max(1, candidate.channels)),
        in_flight_(std::max(1, candidate.channels) * in_flight_B(candidate.protocol)),
        flagged_(candidate.protocol == "ll"),
        announced_(candidate.protocol != "ll128"),
        network_(setting, in),
        launch_(in, {"launch." + candidate.protocol + "_us", "system.launch"}),
        hop_growth_(in.index("shape.hop_growth")),
        fade_(in.index("shape.bandwidth_fade")),
        fill_(in.index("shape.fill")),
        crossing_(in.index("placement.crossing_share")),
        extra_step_(in.index("shape.ring_extra_step")),
        pipelining_(in.index("shape.pipelining")),
        long_message_B_(in.index("shape.long_message_B")) {
    launch_.add_if_known(in, "launch." + setting.architecture + "_factor");
    look_up_inside(setting, row, candidate.protocol, in);
    if (nodes_ > 1) {
      look_up_outside(setting, row, candidate.protocol, in);
    }
  }

  [[nodiscard]] Price price(const Inputs& in) const override {
    Price price;
    price.add({.name = "launch", .fixed = microseconds(launch_.of(in))});
    price.add({.name = "scale_up_latency", .fixed = latency_up(in)});
    const SecondsPerByte up = up_per_byte(in);
    if (nodes_ == 1) {
      price.add({.name = "pipelining", .root = pipelining(in, up)});
      price.add({.name = "scale_up_bytes", .per_byte = up});
      return price;
    }
    price.add(latency_out(in));
    price.add({.name = "fabric_distance",
               .fixed = network_.distance(in, shape_.steps_out, shape_.neighbours)});
    price.add(fill(in));
    const Overlap bytes = overlap(up, out_per_byte(in));
    price.add({.name = "scale_up_bytes", .per_byte = bytes.first});
    price.add({.name = "scale_out_bytes", .per_byte = bytes.second});
    const PriceTerm waiting = in_flight_window(in, bytes.first + bytes.second);
    if (waiting.per_byte.si() > 0) {
      price.add(waiting);
    }
    return price;
  }

 private:
  void look_up_inside(const Setting& setting,
                      const GpuAlgorithm& row,
                      const std::string& protocol,
                      const Inputs& in) {
    const std::string cell = std::string(row.up) + "_" + protocol;
    if (shape_.steps_up > 0) {
      hop_up_ = Factors(in, {"scale_up.hop." + cell + "_us"});
      hop_up_.add_if_known(in, "scale_up." + setting.architecture + "_hop_factor");
      if (!setting.nvlink) {
        hop_up_.add_if_known(in, "scale_up.pcie_hop_factor");
      }
    }
    if (shape_.multicast) {
      multicast_ = Factors(in, {"scale_up.nvls_round_us"});
    }
    if (shape_.volume_up > 0) {
      rate_up_ = Factors(in, {"scale_up.rate_GBps", "scale_up.efficiency." + cell});
      rate_up_.add_if_known(in, "scale_up." + setting.architecture + "_usable");
      if (row.up == "nvls") {
        rate_up_.add_if_known(in, "scale_up." + setting.architecture + "_nvls_factor");
      }
    }
  }

  void look_up_outside(const Setting& setting,
                       const GpuAlgorithm& row,
                       const std::string& protocol,
                       const Inputs& in) {
    const std::string cell = std::string(row.out) + "_" + protocol;
    const std::string fabric = setting.fabric_class + ".";
    hop_out_ = Factors(in, {"net.hop." + cell + "_us", fabric + "latency", "system.latency"});
    wire_ = Factors(in, {fabric + "wire_us", "system.latency"});
    long_message_ =
        Factors(in, {"net.long_message_us", fabric + "long_message", "system.long_message"});
    efficiency_out_ =
        Factors(in, {"net.efficiency." + cell, fabric + "bandwidth", "system.bandwidth"});
    if (protocol == "ll") {
      efficiency_out_.add_if_known(in, fabric + "ll_bandwidth");
    }
  }

  [[nodiscard]] Seconds latency_up(const Inputs& in) const {
    return microseconds(shape_.steps_up * hop_up_.of(in, 0) + multicast_.of(in, 0));
  }

  // A hop grows with the number of nodes (its time is a maximum over ever more of them) and when
  // messages are long enough to be announced before they are sent.
  [[nodiscard]] PriceTerm latency_out(const Inputs& in) const {
    const double growth = 1 + in.value(hop_growth_) * std::max(0.0, std::log2(nodes_) - 1);
    const double hops = shape_.steps_out * growth;
    const double on_wire = flagged_ ? 2 * chunk_ : chunk_;  // LL sends a flag with each word
    return {.name = "scale_out_latency",
            .fixed = microseconds(hops * (hop_out_.of(in) + wire_.of(in))),
            .step = microseconds(announced_ ? hops * long_message_.of(in) : 0),
            .step_at = Bytes(in.value(long_message_B_) / on_wire)};
  }

  [[nodiscard]] PriceTerm fill(const Inputs& in) const {
    if (!shape_.pipelined) {
      return {.name = "pipeline_fill"};
    }
    return {.name = "pipeline_fill",
            .ramp = in.value(fill_) * shape_.steps_out * chunk_ / network_.nic(in),
            .ramp_to = Bytes(kLargestChunk / chunk_)};
  }

  // A ring's last chunk passes a further step, in which nothing else moves. Over several nodes it
  // hides behind the network.
  [[nodiscard]] SecondsPerByte up_per_byte(const Inputs& in) const {
    if (shape_.volume_up == 0) {
      return {};
    }
    const double extra = nodes_ == 1 && shape_.neighbours && !shape_.pipelined
                             ? in.value(extra_step_) * shape_.chunk
                             : 0;
    return (shape_.volume_up + extra) / gigabytes_per_second(rate_up_.of(in));
  }

  // The best cut of a message into chunks costs the geometric mean of latency and bytes on top of
  // both: alpha + beta S + 2 sqrt(alpha beta S) for a chain.
  [[nodiscard]] Seconds pipelining(const Inputs& in, SecondsPerByte up) const {
    return Seconds(in.value(pipelining_) * std::sqrt(latency_up(in).si() * up.si()));
  }

  [[nodiscard]] SecondsPerByte out_per_byte(const Inputs& in) const {
    const double fade = std::pow(std::max(1.0, nodes_ / 2.0), in.value(fade_));
    const BytesPerSecond rate =
        network_.node(in) * efficiency_out_.of(in) * network_.rate_factor(in, in.value(crossing_));
    return shape_.volume_out * fade / rate;
  }

  // A connection moves what its slots hold per round trip. The first slots' worth needs no answer.
  [[nodiscard]] PriceTerm in_flight_window(const Inputs& in, SecondsPerByte moving) const {
    const Seconds round_trip = 2 * (microseconds(wire_.of(in)) + network_.furthest(in));
    const SecondsPerByte waiting = shape_.volume_link * round_trip / in_flight_ - moving;
    return {.name = kInFlightWindow,
            .per_byte = waiting,
            .ramp = -1 * waiting,
            .ramp_to = in_flight_ / shape_.volume_link};
  }

  Shape shape_;
  int nodes_;
  double chunk_;     // part of the message that one step moves on one channel
  Bytes in_flight_;  // to one other node, over all channels
  bool flagged_;
  bool announced_;
  Network network_;
  Factors launch_;
  std::size_t hop_growth_, fade_, fill_, crossing_, extra_step_, pipelining_, long_message_B_;
  Factors hop_up_, multicast_, rate_up_, hop_out_, wire_, long_message_, efficiency_out_;
};

}  // namespace

std::vector<Candidate> priceable_on_gpus(const Setting& setting, Collective collective) {
  std::vector<Candidate> list;
  for (const auto& row : gpu_algorithms()) {
    if (row.collective != collective || !available(setting, row)) {
      continue;
    }
    for (const Protocol& p : kProtocols) {
      const auto& allowed = setting.protocols;
      const bool is_allowed = std::find(allowed.begin(), allowed.end(), p.name) != allowed.end();
      if (is_allowed && (row.every_protocol || p.name == "simple")) {
        list.push_back({.algorithm = std::string(row.name),
                        .protocol = std::string(p.name),
                        .unasked = row.name != "hierarchical"});  // no library has it
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
