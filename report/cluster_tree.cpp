#include "report/cluster_tree.hpp"

#include "model/cluster_shape.hpp"
#include "report/append.hpp"
#include "report/number.hpp"
#include "report/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace fabricast {

namespace {

/// A line of the tree: what it holds on the left, its rate on the right, and what is inside it.
struct Branch {
  std::string text;
  std::string rate;
  std::vector<std::pair<std::string, std::string>> details;  // further lines, with their rates
  std::vector<Branch> inside;
};

std::string counted(double count) {
  return format_count(static_cast<std::uint64_t>(std::llround(count)));
}

/// "100,000 GPUs (98,304–102,400, claim)".
std::string ranged_count(const Quantity<double>& q, const std::string& what) {
  const std::string range =
      q.lo == q.hi ? "" : fmt::format("{}–{}, ", counted(q.lo), counted(q.hi));
  return fmt::format("{} {} ({}{})", counted(q.value), what, range, name(q.provenance));
}

std::string ranged_rate(const Quantity<BytesPerSecond>& q) {
  constexpr int kDigits = 3;
  const std::string value = format_number(in_GBps(q.value), kDigits);
  return q.lo == q.hi ? fmt::format("{} ({})", value, name(q.provenance))
                      : fmt::format("{} ({}, {})",
                                    value,
                                    format_range(in_GBps(q.lo), in_GBps(q.hi), kDigits),
                                    name(q.provenance));
}

/// "nodes" of 1: "node".
std::string plural(const std::string& word, double count) { return count == 1 ? word : word + "s"; }

/// The name that the file gives to sets of so many GPUs, or "".
std::string group_named(const Cluster& cluster, double gpus) {
  constexpr std::string_view kPrefix = "group.";
  constexpr std::string_view kSuffix = ".gpus";
  for (const auto& [key, quantity] : cluster.facts) {
    if (key.starts_with(kPrefix) && key.ends_with(kSuffix) && quantity.value == gpus) {
      return key.substr(kPrefix.size(), key.size() - kPrefix.size() - kSuffix.size());
    }
  }
  return "";
}

std::string domain_text(const Pool& pool) {
  const int size = pool.scaleup.domain_gpus;
  const std::string adds = pool.scaleup.in_network_reduction ? ", its switches add" : "";
  if (size == 1) {
    return "each GPU alone, nothing joins it to others";
  }
  const int nodes = size / pool.node.gpus;
  const std::string extent =
      nodes > 1 ? fmt::format("{} GPUs in {} nodes", size, nodes) : fmt::format("{} GPUs", size);
  return fmt::format("{} domain of {}{}", pool.scaleup.kind, extent, adds);
}

Branch pool_branch(const Pool& pool) {
  std::string text = fmt::format("{}: {} {} of {} {}, {} CPU",
                                 pool.name,
                                 counted(pool.nodes.value),
                                 plural("node", pool.nodes.value),
                                 pool.node.gpus,
                                 pool.node.gpu.name,
                                 pool.node.cpu);
  if (pool.node.nic) {
    text += fmt::format(", {} {}", pool.node.nics, pool.node.nic->name);
  }
  const std::string rate =
      pool.scaleup.domain_gpus > 1 ? ranged_rate(pool.node.gpu.scaleup) : std::string();
  return {text, "", {}, {{domain_text(pool), rate, {}, {}}}};
}

std::string ports_text(const Tier& tier, const TierShape& shape) {
  const std::string up = tier.up > 0 ? fmt::format(", {} up", tier.up) : "";
  return fmt::format("{}: {} {}, {} ports down{}",
                     tier.name,
                     counted(shape.switches),
                     tier.switch_kind.name,
                     tier.down,
                     up);
}

/// "4 x 25,000 GPUs (hall)": how many groups of this tier there are in one of the tier above.
std::string groups_text(const Cluster& cluster, double outer, double group) {
  const double count = std::ceil(outer / group * (1 - 1e-12));
  const std::string given = group_named(cluster, group);
  return fmt::format("{} x {}{} GPUs{}",
                     counted(count),
                     count * group > outer ? "up to " : "",
                     counted(group),
                     given.empty() ? "" : " (" + given + ")");
}

std::vector<Branch> pool_branches(const Cluster& cluster) {
  std::vector<Branch> branches;
  for (const auto& pool : cluster.pools) {
    branches.push_back(pool_branch(pool));
  }
  return branches;
}

/// Tier `tier` and what is below it, seen from a group of `outer` GPUs.
Branch tier_branch(const Cluster& cluster,
                   const std::vector<TierShape>& shapes,
                   std::size_t tier,
                   double outer) {
  const Tier& here = cluster.fabric->tiers[tier];
  const bool is_top = tier + 1 == shapes.size();
  const double group = std::min(here.group_gpus.value, outer);
  Branch branch{
      is_top ? ranged_count(cluster.gpus_total, "GPUs") : groups_text(cluster, outer, group),
      "",
      {{ports_text(here, shapes[tier]), ranged_rate(shapes[tier].per_gpu)}},
      {}};
  if (here.up > 0) {
    branch.details.emplace_back("oversubscription upwards " + ranged(here.oversub), "");
  }
  branch.inside = tier == 0 ? pool_branches(cluster)
                            : std::vector<Branch>{tier_branch(cluster, shapes, tier - 1, group)};
  return branch;
}

Branch whole(const Cluster& cluster) {
  const auto shapes = tier_shapes(cluster);
  return shapes.empty()
             ? Branch{ranged_count(cluster.gpus_total, "GPUs"), "", {}, pool_branches(cluster)}
             : tier_branch(cluster, shapes, shapes.size() - 1, cluster.gpus_total.value);
}

class Drawing {
 public:
  explicit Drawing(std::size_t width) : width_(width) {}

  void draw(const Branch& branch, const std::string& first, const std::string& rest) {
    const bool is_leaf = branch.inside.empty();
    line(first, branch.text, branch.rate);
    for (const auto& [detail, rate] : branch.details) {
      line(rest + (is_leaf ? "  " : "│ "), detail, rate);
    }
    for (const auto& child : branch.inside) {
      const bool is_last = &child == &branch.inside.back();
      draw(child, rest + (is_last ? "└─ " : "├─ "), rest + (is_last ? "   " : "│  "));
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }

  void line(const std::string& prefix, const std::string& left, const std::string& right) {
    const std::size_t taken = right.empty() ? 0 : std::max(display_width(right), kRateWidth) + 1;
    const std::string shown =
        prefix + clip(printable(left), width_ - taken - display_width(prefix));
    if (right.empty()) {
      add_line(text_, "{}", shown);
      return;
    }
    const std::string gap(width_ - taken - display_width(shown) + 1, ' ');
    add_line(text_, "{}{}{}", shown, gap, right);
  }

 private:
  // "45 (37.5–47.5, datasheet)"
  static constexpr std::size_t kRateWidth = 27;

  std::size_t width_;
  std::string text_;
};

std::string head(const Cluster& cluster, std::size_t width) {
  std::string text = paragraph(fmt::format("{}: {}", cluster.id, cluster.title), 0, width);
  text += paragraph(
      fmt::format("{}, as of {}, {}", cluster.status, cluster.as_of, cluster.fidelity), 0, width);
  if (!cluster.aliases.empty()) {
    text += paragraph(fmt::format("other names: {}", fmt::join(cluster.aliases, ", ")), 0, width);
  }
  if (!cluster.fabric) {
    return text + "no fabric: one scale-up domain\n";
  }
  const Fabric& fabric = *cluster.fabric;
  return text + paragraph(fmt::format("fabric {}: {}, links of {:g} Gb/s, {} {}, {} {}, {} routing "
                                      "of efficiency {}",
                                      fabric.name,
                                      fabric.protocol,
                                      in_GBps(fabric.link.value) * 8,
                                      fabric.rails,
                                      plural("rail", fabric.rails),
                                      fabric.planes,
                                      plural("plane", fabric.planes),
                                      fabric.routing,
                                      ranged(fabric.routing_efficiency)),
                          0,
                          width);
}

}  // namespace

std::string ranged(const Quantity<double>& q) {
  return q.lo == q.hi
             ? fmt::format("{:.6g} ({})", q.value, name(q.provenance))
             : fmt::format("{:.6g} ({:.6g}–{:.6g}, {})", q.value, q.lo, q.hi, name(q.provenance));
}

std::string cluster_tree(const Cluster& cluster, std::size_t width) {
  Drawing drawing(width);
  drawing.line("", "", "GB/s per GPU and direction");
  drawing.draw(whole(cluster), "", "");
  std::string text = head(cluster, width) + "\n" + drawing.text() + "\nunknown\n";
  for (const auto& item : cluster.unknown) {
    text += "  - " + paragraph(item, 4, width).substr(4);
  }
  return text;
}

}  // namespace fabricast
