#include "report/record_group.hpp"

#include "report/number.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

std::vector<RecordGroup> group_records(const std::vector<Record>& records) {
  std::vector<RecordGroup> groups;
  for (const auto& r : records) {
    auto group = std::find_if(groups.begin(), groups.end(), [&r](const RecordGroup& g) {
      return g.collective == r.collective && g.type == r.type && g.op == r.op &&
             g.ranks == r.ranks && g.ranks_per_node == r.ranks_per_node;
    });
    if (group == groups.end()) {
      group =
          groups.insert(groups.end(), {r.collective, r.type, r.op, r.ranks, r.ranks_per_node, {}});
    }
    group->rows.push_back(&r);
  }
  return groups;
}

std::string heading(const RecordGroup& group) {
  return fmt::format("{}, {}{}, {}",
                     name(group.collective),
                     name(group.type),
                     group.op == ReduceOp::kSum ? "" : fmt::format(" {}", name(group.op)),
                     ranks_text(group.ranks, group.ranks_per_node));
}

std::string ranks_text(int ranks, int ranks_per_node) {
  const auto count = [](int n) { return format_count(static_cast<std::uint64_t>(std::max(n, 0))); };
  std::string text = count(ranks) + (ranks == 1 ? " rank" : " ranks");
  if (ranks_per_node > 0 && ranks_per_node < ranks) {
    text += fmt::format(", {} per node", count(ranks_per_node));
  }
  return text;
}

std::string variant(const Record& record) {
  std::string words =
      record.backend + "/" + text(record.asked()) + (record.in_place ? " in place" : "");
  for (const auto& [setting, value] : record.settings) {
    words += fmt::format(" {}={}", setting, value);
  }
  return words;
}

}  // namespace fabricast
