#include "model/fit/noise_floor.hpp"

#include "core/statistics.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace fabricast {

namespace {

struct Block {
  std::vector<double> samples;  // sorted
  std::size_t groups;
  [[nodiscard]] double value() const { return quantile(samples, 0.5); }
};

Block joined(Block a, const Block& b) {
  a.samples.insert(a.samples.end(), b.samples.begin(), b.samples.end());
  std::sort(a.samples.begin(), a.samples.end());
  a.groups += b.groups;
  return a;
}

}  // namespace

std::vector<double> best_rising_curve(const std::vector<std::vector<double>>& samples) {
  std::vector<Block> blocks;
  for (const auto& group : samples) {
    Block block = joined({group, 1}, {{}, 0});
    while (!blocks.empty() && blocks.back().value() > block.value()) {
      block = joined(std::move(blocks.back()), block);
      blocks.pop_back();
    }
    blocks.push_back(std::move(block));
  }
  std::vector<double> values;
  for (const Block& block : blocks) {
    values.insert(values.end(), block.groups, block.value());
  }
  return values;
}

void set_noise_floor(std::vector<JudgedPoint>& points) {
  using Key = std::tuple<std::string, Collective, int, int>;
  std::map<Key, std::map<double, std::vector<JudgedPoint*>>> curves;
  for (JudgedPoint& p : points) {
    const auto& layout = p.curve->setting.layout;
    curves[{p.curve->system, p.curve->collective, layout.ranks, layout.per_node}][p.message.si()]
        .push_back(&p);
  }
  for (const auto& [key, by_size] : curves) {
    std::vector<std::vector<double>> samples;
    for (const auto& [bytes, same] : by_size) {
      auto& group = samples.emplace_back();
      for (const JudgedPoint* p : same) {
        group.push_back(p->measured);
      }
    }
    const std::vector<double> best = best_rising_curve(samples);
    auto value = best.begin();
    for (const auto& [bytes, same] : by_size) {
      for (JudgedPoint* p : same) {
        p->floor = *value;
      }
      ++value;
    }
  }
}

}  // namespace fabricast
