#include "model/collective/host_cost.hpp"

#include <stdexcept>

namespace fabricast {

namespace {

class HostCost final : public Cost {
 public:
  HostCost(Schedule schedule, const Inputs& in)
      : schedule_(schedule),
        call_(in.index("host.call_us")),
        alpha_(in.index("host.alpha_us")),
        bandwidth_(in.index("host.bandwidth_GBps")),
        memory_(in.index("host.memory_GBps")),
        cache_(in.index("host.cache_B")),
        reduce_(in.index("host.reduce_GBps")),
        long_us_(in.index("host.long_message_us")),
        long_B_(in.index("host.long_message_B")) {}

  [[nodiscard]] std::vector<Term> terms(const Inputs& in, Bytes message) const override {
    const double chunk = schedule_.steps > 0 ? message.si() * schedule_.wire / schedule_.steps : 0;
    const double step_us =
        in.value(alpha_) + in.value(long_us_) * long_message_share(chunk, in.value(long_B_));
    return {
        {"launch",       microseconds(in.value(call_))                 },
        {"host_latency", microseconds(schedule_.steps * step_us)       },
        {"host_bytes",   message * schedule_.wire * seconds_per_byte(in, message)},
        {"host_reduction",              message * schedule_.reduced / gigabytes_per_second(in.value(reduce_))                                            }
    };
  }

 private:
  // Buffers that outgrow the cache move at the rate of memory.
  [[nodiscard]] Measure<1, -1> seconds_per_byte(const Inputs& in, Bytes message) const {
    const double outside = long_message_share(message.si(), in.value(cache_));
    return (1 - outside) / gigabytes_per_second(in.value(bandwidth_)) +
           outside / gigabytes_per_second(in.value(memory_));
  }

  Schedule schedule_;
  std::size_t call_, alpha_, bandwidth_, memory_, cache_, reduce_, long_us_, long_B_;
};

}  // namespace

std::vector<Candidate> priceable_on_host(const Setting& setting, Collective collective) {
  std::vector<Candidate> list;
  for (const auto& algorithm : textbook_names(collective)) {
    if (algorithm != "hierarchical" || setting.layout.per_node < setting.layout.ranks) {
      list.push_back({algorithm, ""});
    }
  }
  return list;
}

std::unique_ptr<Cost> make_host_cost(const Setting& setting,
                                     Collective collective,
                                     const Candidate& candidate,
                                     const Inputs& inputs) {
  const TextbookAlgorithm* row = find_textbook(collective, candidate.algorithm);
  if (row == nullptr) {
    throw std::logic_error("no textbook row for " + candidate.algorithm);
  }
  return std::make_unique<HostCost>(row->schedule(setting.layout), inputs);
}

}  // namespace fabricast
