#include "model/collective/window_cost.hpp"

#include "core/names.hpp"
#include "model/collective/factors.hpp"
#include "model/collective/nccl_version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace fabricast {

namespace {

// All of it happens at once: each rank reads or writes the memory of every other.
struct WindowAlgorithm {
  std::string_view name;
  Collective collective;
  std::string_view protocol;
  std::string_view rate;                       // whose efficiency holds
  double (*volume)(double n, bool multicast);  // bytes per GPU and direction, in messages
};

// Each rank sends all it has to every other, a flag with each word.
double ll_to_all(double n, bool /*multicast*/) { return 2 * (n - 1); }
double ll_parts(double n, bool /*multicast*/) { return 2 * (n - 1) / n; }
double two_passes(double n, bool multicast) { return multicast ? 1 + 1 / n : 2 * (n - 1) / n; }
double one_pass(double n, bool multicast) { return multicast ? 1 : (n - 1) / n; }
double copies(double n, bool /*multicast*/) { return (n - 1) / n; }

using enum Collective;
constexpr std::array kRows{
    WindowAlgorithm{"symmetric",   kAllReduce,     "ll",     "symmetric.ll_efficiency", ll_to_all },
    WindowAlgorithm{"symmetric",   kAllReduce,     "simple", "",                        two_passes},
    WindowAlgorithm{"symmetric",   kAllGather,     "ll",     "symmetric.ll_efficiency", ll_parts  },
    WindowAlgorithm{"symmetric",   kAllGather,     "simple", "",                        one_pass  },
    WindowAlgorithm{"symmetric",   kReduceScatter, "ll",     "symmetric.ll_efficiency", ll_parts  },
    WindowAlgorithm{"symmetric",   kReduceScatter, "simple", "",                        one_pass  },
    WindowAlgorithm{"copy_engine", kAllGather,     "",       "copy_engine.efficiency",  copies    },
    WindowAlgorithm{"copy_engine", kAllToAll,      "",       "copy_engine.efficiency",  copies    },
    WindowAlgorithm{"copy_engine", kGather,        "",       "copy_engine.efficiency",  copies    },
    WindowAlgorithm{"copy_engine", kScatter,       "",       "copy_engine.efficiency",  copies    },
};

struct Release {
  std::string_view algorithm;
  NcclVersion first;
};
constexpr std::array kReleases{
    Release{"symmetric",   {2, 27, 0}},
    Release{"copy_engine", {2, 28, 0}},
};

const Release* find_release(std::string_view algorithm) {
  const auto* found = std::find_if(kReleases.begin(), kReleases.end(), [&](const Release& r) {
    return r.algorithm == algorithm;
  });
  return found == kReleases.end() ? nullptr : found;
}

std::vector<std::string> collectives_of(std::string_view algorithm) {
  std::vector<std::string> names;
  for (const auto& row : kRows) {
    const std::string one(name(row.collective));
    if (row.name == algorithm && std::find(names.begin(), names.end(), one) == names.end()) {
      names.push_back(one);
    }
  }
  return names;
}

class WindowCost final : public Cost {
 public:
  WindowCost(const Setting& setting, const WindowAlgorithm& row, const Inputs& in)
      : peers_(setting.layout.per_node - 1),
        volume_(row.volume(setting.layout.per_node, symmetric_multicast(setting))) {
    const std::string prefix(row.name);
    const std::string kind = row.protocol.empty() ? "launch" : std::string(row.protocol);
    launch_ = Factors(in, {prefix + "." + kind + "_us", "system.launch"});
    launch_.add_if_known(in, "launch." + setting.architecture + "_factor");
    peer_ = Factors(in, {prefix + ".peer_us"});
    rate_ = Factors(in, {"scale_up.rate_GBps"});
    rate_.add_if_known(in, "scale_up." + setting.architecture + "_usable");
    if (!row.rate.empty()) {
      rate_.add(in, std::string(row.rate));
      return;
    }
    // The links are those of the other algorithms: their efficiency, which was fitted, and a
    // factor.
    const bool in_switch = row.collective == kAllReduce && symmetric_multicast(setting);
    rate_.add(in, "symmetric.rate");
    rate_.add(in,
              in_switch ? "scale_up.efficiency.nvls_simple" : "scale_up.efficiency.ring_simple");
    if (in_switch) {
      rate_.add_if_known(in, "scale_up." + setting.architecture + "_nvls_factor");
    }
  }

  [[nodiscard]] Price price(const Inputs& in) const override {
    Price price;
    price.add({.name = "launch", .fixed = microseconds(launch_.of(in))});
    price.add({.name = "scale_up_latency", .fixed = microseconds(peers_ * peer_.of(in))});
    price.add({.name = "scale_up_bytes", .per_byte = volume_ / gigabytes_per_second(rate_.of(in))});
    return price;
  }

 private:
  double peers_;
  double volume_;
  Factors launch_, peer_, rate_;
};

}  // namespace

bool symmetric_multicast(const Setting& setting) {
  return setting.in_node_reduction && setting.layout.per_node > 2;
}

bool needs_windows(std::string_view algorithm) { return find_release(algorithm) != nullptr; }

std::optional<Error> window_obstacle(const Setting& setting,
                                     Collective collective,
                                     std::string_view algorithm,
                                     const std::string& nccl_version) {
  const std::vector<std::string> collectives = collectives_of(algorithm);
  const auto has = [&](std::string_view one) {
    return std::find(collectives.begin(), collectives.end(), one) != collectives.end();
  };
  if (!has(name(collective))) {
    return Error(fmt::format("NCCL has no {} for {}", algorithm, name(collective)),
                 "--algorithm",
                 fmt::format("one of {}", fmt::join(collectives, ", ")));
  }
  if (setting.on_host() || setting.on_rccl()) {
    return Error(fmt::format("{} is NCCL's: it does not run on these ranks", algorithm),
                 "--algorithm",
                 "auto");
  }
  if (setting.nodes > 1 || !setting.nvlink) {
    return Error(
        fmt::format("{} needs one NVLink domain that holds all ranks; these are {}",
                    algorithm,
                    setting.nodes > 1 ? fmt::format("{} nodes", setting.nodes) : "joined by PCIe"),
        "--algorithm",
        setting.nodes > 1
            ? fmt::format("at most {} ranks, or another algorithm", setting.layout.per_node)
            : "another algorithm");
  }
  const NcclVersion first = find_release(algorithm)->first;
  if (parse_nccl_version(nccl_version, "--nccl-version") < first) {
    return Error(fmt::format("{} came with NCCL {}.{}, this is {}",
                             algorithm,
                             first.major,
                             first.minor,
                             nccl_version),
                 "--nccl-version",
                 fmt::format("{}.{} or newer, or another algorithm", first.major, first.minor));
  }
  return std::nullopt;
}

std::vector<Candidate> priceable_on_windows(Collective collective) {
  std::vector<Candidate> list;
  for (const auto& row : kRows) {
    if (row.collective == collective) {
      list.push_back({.algorithm = std::string(row.name),
                      .protocol = std::string(row.protocol),
                      .unasked = row.name == "symmetric"});
    }
  }
  return list;
}

std::unique_ptr<Cost> make_window_cost(const Setting& setting,
                                       Collective collective,
                                       const Candidate& candidate,
                                       const Inputs& inputs) {
  for (const auto& row : kRows) {
    if (row.collective == collective && row.name == candidate.algorithm &&
        row.protocol == candidate.protocol) {
      return std::make_unique<WindowCost>(setting, row, inputs);
    }
  }
  throw std::logic_error("no price for " + candidate.algorithm);
}

}  // namespace fabricast
