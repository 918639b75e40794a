#include "core/algorithm.hpp"

#include <bit>
#include <cmath>

namespace fabricast {

int floor_log2(int n) { return static_cast<int>(std::bit_width(static_cast<unsigned>(n))) - 1; }
int ceil_log2(int n) { return static_cast<int>(std::bit_width(static_cast<unsigned>(n - 1))); }

namespace {

// Of an algorithm among the largest power of two of ranks: those beyond it first hand their message
// to a partner and get the result back at the end.
Schedule folded(Schedule among, int ranks) {
  if (std::has_single_bit(static_cast<unsigned>(ranks))) {
    return among;
  }
  return {.steps = among.steps + 2, .wire = among.wire + 2, .reduced = among.reduced + 1};
}

}  // namespace

namespace textbook {

Schedule ring_one_pass(Layout layout) {
  const double n = layout.ranks;
  return {.steps = n - 1, .wire = (n - 1) / n};
}

Schedule ring_reduce_scatter(Layout layout) {
  const double n = layout.ranks;
  return {.steps = n - 1, .wire = (n - 1) / n, .reduced = (n - 1) / n};
}

Schedule ring_all_reduce(Layout layout) {
  const double n = layout.ranks;
  return {.steps = 2 * (n - 1), .wire = 2 * (n - 1) / n, .reduced = (n - 1) / n};
}

Schedule recursive_doubling_all_reduce(Layout layout) {
  const double rounds = floor_log2(layout.ranks);
  return folded({.steps = rounds, .wire = rounds, .reduced = rounds}, layout.ranks);
}

Schedule rabenseifner_all_reduce(Layout layout) {
  const int rounds = floor_log2(layout.ranks);
  const double others = 1 - std::ldexp(1.0, -rounds);  // 1/2 + 1/4 + ... of the message
  return folded({.steps = 2.0 * rounds, .wire = 2 * others, .reduced = others}, layout.ranks);
}

Schedule binomial_broadcast(Layout layout) {
  const double rounds = ceil_log2(layout.ranks);
  return {.steps = rounds, .wire = rounds};
}

Schedule binomial_reduce(Layout layout) {
  const double rounds = ceil_log2(layout.ranks);
  return {.steps = rounds, .wire = rounds, .reduced = rounds};
}

Schedule tree_all_reduce(Layout layout) {
  const double rounds = ceil_log2(layout.ranks);
  return {.steps = 2 * rounds, .wire = 2 * rounds, .reduced = rounds};
}

Schedule hierarchical_all_reduce(Layout layout) {
  const double k = layout.per_node;
  const double m = static_cast<double>(layout.ranks) / layout.per_node;
  return {.steps = 2 * (k - 1) + 2 * (m - 1),
          .wire = 2 * (k - 1) / k + 2 * (m - 1) / m / k,
          .reduced = (k - 1) / k + (m - 1) / m / k};
}

Schedule direct(Layout layout) {
  const double crossing = layout.ranks > 1 ? 1 : 0;
  return {.steps = crossing, .wire = crossing};
}

}  // namespace textbook

const TextbookAlgorithm* find_textbook(Collective collective, std::string_view name) {
  for (const auto& row : kTextbookAlgorithms) {
    if (row.collective == collective && row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

std::vector<std::string> textbook_names(Collective collective) {
  std::vector<std::string> names;
  for (const auto& row : kTextbookAlgorithms) {
    if (row.collective == collective) {
      names.emplace_back(row.name);
    }
  }
  return names;
}

}  // namespace fabricast
