#include "model/fit/scorecard.hpp"

#include "core/statistics.hpp"
#include "model/fit/size_band.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace fabricast {

namespace {

using Points = std::vector<const JudgedPoint*>;

// What is scored: ln of a forecast, NaN where there is none.
using Forecast = double (*)(const JudgedPoint&, std::size_t);
double of_model(const JudgedPoint& p, std::size_t /*i*/) { return p.predicted; }
double of_floor(const JudgedPoint& p, std::size_t /*i*/) { return p.floor; }
double of_baseline(const JudgedPoint& p, std::size_t i) { return p.baselines.at(i); }

ErrorScore score(const Points& points, Forecast forecast, std::size_t index) {
  std::vector<double> errors;
  double inside = 0;
  for (const JudgedPoint* p : points) {
    const double error = std::abs(forecast(*p, index) - p->measured);
    if (std::isfinite(error)) {
      errors.push_back(error);
      inside += p->low <= p->measured && p->measured <= p->high ? 1 : 0;
    }
  }
  if (errors.empty()) {
    return {};
  }
  std::sort(errors.begin(), errors.end());
  const auto n = static_cast<int>(errors.size());
  return {n, quantile(errors, 0.5), quantile(errors, 0.9), inside / n};
}

ErrorScore score_by_system(const Points& points, Forecast forecast, std::size_t index) {
  std::map<std::string, Points> systems;
  for (const JudgedPoint* p : points) {
    systems[p->curve->system].push_back(p);
  }
  std::array<std::vector<double>, 3> parts;
  int n = 0;
  for (const auto& [system, own] : systems) {
    const ErrorScore s = score(own, forecast, index);
    if (s.points > 0) {
      n += s.points;
      parts[0].push_back(s.median);
      parts[1].push_back(s.p90);
      parts[2].push_back(s.coverage);
    }
  }
  if (n == 0) {
    return {};
  }
  for (auto& part : parts) {
    std::sort(part.begin(), part.end());
  }
  return {n, quantile(parts[0], 0.5), quantile(parts[1], 0.5), quantile(parts[2], 0.5)};
}

ScoreLine line(const std::string& part, const Points& points, bool by_system) {
  const auto how = by_system ? score_by_system : score;
  ScoreLine out{part, how(points, of_model, 0), how(points, of_floor, 0), {}};
  for (std::size_t i = 0; i < kBaselines.size(); ++i) {
    out.baselines.push_back(how(points, of_baseline, i));
  }
  return out;
}

bool is_exchange_of_pairs(const JudgedPoint& p) {
  return p.curve->collective == Collective::kAllToAll ||
         p.curve->collective == Collective::kSendRecv;
}
bool on_several(const JudgedPoint& p) {
  return p.curve->setting.nodes > 1 && !is_exchange_of_pairs(p);
}
bool on_one(const JudgedPoint& p) {
  return p.curve->setting.nodes == 1 && !is_exchange_of_pairs(p);
}
int ranks(const JudgedPoint& p) { return p.curve->setting.layout.ranks; }
SizeBand band(const JudgedPoint& p) { return size_band(p.message); }
bool is(const JudgedPoint& p, Collective c, bool several) {
  return p.curve->collective == c && (p.curve->setting.nodes > 1) == several;
}

struct Part {
  const char* name;
  bool (*takes)(const JudgedPoint&);
  bool by_system;
};
// clang-format off
constexpr std::array kParts{
    Part{"several nodes, by system", [](const JudgedPoint& p) { return on_several(p); }, true},
    Part{"  all points", [](const JudgedPoint& p) { return on_several(p); }, false},
    Part{"  <= 64 KiB", [](const JudgedPoint& p) { return on_several(p) && band(p) == SizeBand::kSmall; }, false},
    Part{"  64 KiB - 16 MiB", [](const JudgedPoint& p) { return on_several(p) && band(p) == SizeBand::kMiddle; }, false},
    Part{"  > 16 MiB", [](const JudgedPoint& p) { return on_several(p) && band(p) == SizeBand::kLarge; }, false},
    Part{"  <= 64 ranks", [](const JudgedPoint& p) { return on_several(p) && ranks(p) <= 64; }, false},
    Part{"  65 - 512 ranks", [](const JudgedPoint& p) { return on_several(p) && ranks(p) > 64 && ranks(p) <= 512; }, false},
    Part{"  > 512 ranks", [](const JudgedPoint& p) { return on_several(p) && ranks(p) > 512; }, false},
    Part{"all_to_all, several nodes, by system", [](const JudgedPoint& p) { return is(p, Collective::kAllToAll, true); }, true},
    Part{"send_recv, several nodes", [](const JudgedPoint& p) { return is(p, Collective::kSendRecv, true); }, false},
    Part{"one node, by system", [](const JudgedPoint& p) { return on_one(p); }, true},
    Part{"  one node, <= 64 KiB", [](const JudgedPoint& p) { return on_one(p) && band(p) == SizeBand::kSmall; }, false},
    Part{"  one node, 64 KiB - 16 MiB", [](const JudgedPoint& p) { return on_one(p) && band(p) == SizeBand::kMiddle; }, false},
    Part{"  one node, > 16 MiB", [](const JudgedPoint& p) { return on_one(p) && band(p) == SizeBand::kLarge; }, false},
    Part{"all_to_all, one node, by system", [](const JudgedPoint& p) { return is(p, Collective::kAllToAll, false); }, true},
};
// clang-format on

}  // namespace

std::vector<ScoreLine> scorecard(const std::vector<JudgedPoint>& points) {
  std::vector<ScoreLine> lines;
  for (const Part& part : kParts) {
    Points taken;
    for (const JudgedPoint& p : points) {
      if (part.takes(p)) {
        taken.push_back(&p);
      }
    }
    if (!taken.empty()) {
      lines.push_back(line(part.name, taken, part.by_system));
    }
  }
  return lines;
}

std::vector<ScoreLine> scorecard_by_system(const std::vector<JudgedPoint>& points) {
  std::map<std::string, Points> systems;
  for (const JudgedPoint& p : points) {
    systems[p.curve->system].push_back(&p);
  }
  std::vector<ScoreLine> lines;
  for (const auto& [system, own] : systems) {
    lines.push_back(line(system, own, false));
  }
  return lines;
}

}  // namespace fabricast
