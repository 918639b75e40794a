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

  [[nodiscard]] Price price(const Inputs& in) const override {
    const double chunk = schedule_.steps > 0 ? schedule_.wire / schedule_.steps : 0;
    const SecondsPerByte cached = 1 / gigabytes_per_second(in.value(bandwidth_));
    const SecondsPerByte uncached = 1 / gigabytes_per_second(in.value(memory_));
    Price price;
    price.add({.name = "launch", .fixed = microseconds(in.value(call_))});
    price.add({.name = "host_latency",
               .fixed = microseconds(schedule_.steps * in.value(alpha_)),
               .step = microseconds(chunk > 0 ? schedule_.steps * in.value(long_us_) : 0),
               .step_at = Bytes(chunk > 0 ? in.value(long_B_) / chunk : 0)});
    // Buffers that outgrow the cache move at the rate of memory.
    price.add({.name = "host_bytes",
               .per_byte = schedule_.wire * cached,
               .outside = schedule_.wire * (uncached - cached),
               .outside_at = Bytes(in.value(cache_))});
    price.add({.name = "host_reduction",
               .per_byte = schedule_.reduced / gigabytes_per_second(in.value(reduce_))});
    return price;
  }

 private:
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
