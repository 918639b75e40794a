#include "core/algorithm.hpp"

#include <bit>

namespace fabricast {

int floor_log2(int n) { return static_cast<int>(std::bit_width(static_cast<unsigned>(n))) - 1; }
int ceil_log2(int n) { return static_cast<int>(std::bit_width(static_cast<unsigned>(n - 1))); }

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
  // Ranks beyond the largest power of two first hand their message to a partner and get the result
  // back at the end: two more steps, one more addition.
  const double rounds = floor_log2(layout.ranks);
  const bool folded = !std::has_single_bit(static_cast<unsigned>(layout.ranks));
  return {.steps = rounds + (folded ? 2 : 0),
          .wire = rounds + (folded ? 2 : 0),
          .reduced = rounds + (folded ? 1 : 0)};
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
