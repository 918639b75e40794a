#include "model/fit/validation.hpp"

#include "core/statistics.hpp"
#include "model/collective/priors.hpp"
#include "model/collective/uncertainty.hpp"
#include "model/fit/joint_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace fabricast {

namespace {

constexpr double kKnownLogSd = 0.1;
constexpr const char* kSource = "fit to published curves";

ResidualPlace place(const MeasuredCurve& curve, Bytes message) {
  const auto& setting = curve.setting;
  return {curve.collective,
          static_cast<double>(setting.nodes),
          static_cast<double>(setting.layout.per_node),
          message};
}

// The interval is of the constants alone; widen() adds what the equations themselves get wrong.
void judge(const MeasuredCurve& measured,
           const Inputs& constants,
           std::vector<JudgedPoint>& judged) {
  const CurveModel model(measured, constants);
  const Outlook outlook(model.candidates(), model.inputs(), Selection::kLikely);
  for (const auto& point : measured.points) {
    const double time = std::log(outlook.estimate(point.message).time.si());
    const Spread spread = outlook.spread(point.message, {});
    judged.push_back({&measured,
                      point.message,
                      point.log_time,
                      time,
                      time + spread.log_low,
                      time + spread.log_high});
  }
}

void widen(JudgedPoint& p, double sd) {
  const double width = kSdsOf90Percent * sd;
  p.low = p.predicted - std::hypot(p.predicted - p.low, width);
  p.high = p.predicted + std::hypot(p.high - p.predicted, width);
}

// The node counts of a system's curves on several nodes that a warm fit knows: the smallest, at
// most two, and never all.
std::map<std::string, int> largest_known_scales(const std::vector<PublishedCurve>& curves) {
  std::map<std::string, std::set<int>> scales;
  for (const auto& curve : curves) {
    if (curve.measured.setting.nodes > 1) {
      scales[curve.measured.system].insert(curve.measured.setting.nodes);
    }
  }
  std::map<std::string, int> largest;
  for (const auto& [system, nodes] : scales) {
    if (nodes.size() > 1) {
      largest[system] = *std::next(nodes.begin(), nodes.size() > 2 ? 1 : 0);
    }
  }
  return largest;
}

}  // namespace

namespace {

const std::string& group_of(const JudgedPoint& p, const std::vector<PublishedCurve>& curves) {
  for (const auto& curve : curves) {
    if (&curve.measured == p.curve) {
      return curve.left_out_with;
    }
  }
  throw std::logic_error("a judged point without its curve");
}

Inputs fitted_without(const std::string& group, const std::vector<PublishedCurve>& curves) {
  std::vector<MeasuredCurve> seen;
  for (const auto& curve : curves) {
    if (curve.left_out_with != group) {
      seen.push_back(curve.measured);
    }
  }
  JointFit fit(std::move(seen), prior_inputs());
  fit.solve();
  return fit.constants("", Provenance::kPublished, kSource);
}

// What a user of this system would do: fit the small scales, with the rest of the world as prior.
void judge_larger_scales(const std::string& system,
                         int largest_known,
                         const Inputs& others,
                         const std::vector<PublishedCurve>& curves,
                         std::vector<JudgedPoint>& judged) {
  std::vector<MeasuredCurve> known;
  for (const auto& curve : curves) {
    if (curve.measured.system == system && curve.measured.setting.nodes <= largest_known) {
      known.push_back(curve.measured);
      for (auto& point : known.back().points) {
        point.weight = 1;
        point.log_sd = kKnownLogSd;
      }
    }
  }
  JointFit fit(std::move(known), others);
  fit.solve();
  const Inputs constants = fit.constants(system, Provenance::kPublished, kSource);
  const auto errors = residuals(fit);
  const ResidualProcess process(remaining_error(errors), errors.at(system));
  for (const auto& curve : curves) {
    if (curve.measured.system != system || curve.measured.setting.nodes <= largest_known) {
      continue;
    }
    const std::size_t first = judged.size();
    judge(curve.measured, constants, judged);
    for (std::size_t i = first; i < judged.size(); ++i) {
      JudgedPoint& p = judged[i];
      const auto belief = process.at(place(*p.curve, p.message));
      widen(p, belief.sd);
      for (double* time : {&p.predicted, &p.low, &p.high}) {
        *time += belief.mean;
      }
    }
  }
}

}  // namespace

Validation validate(const std::vector<PublishedCurve>& curves) {
  std::map<std::string, std::set<std::string>> groups;
  for (const auto& curve : curves) {
    groups[curve.left_out_with].insert(curve.measured.system);
  }
  const auto largest = largest_known_scales(curves);
  Validation v;
  for (const auto& [group, systems] : groups) {
    const Inputs constants = fitted_without(group, curves);
    for (const auto& curve : curves) {
      if (curve.left_out_with == group) {
        judge(curve.measured, constants, v.cold);
      }
    }
    for (const auto& system : systems) {
      if (const auto scale = largest.find(system); scale != largest.end()) {
        judge_larger_scales(system, scale->second, constants, curves, v.warm);
      }
    }
  }
  std::vector<JudgedPoint> widened = v.cold;
  for (const auto& [group, systems] : groups) {
    std::vector<const JudgedPoint*> others;
    for (const auto& p : v.cold) {
      if (group_of(p, curves) != group) {
        others.push_back(&p);
      }
    }
    const ResidualProcess process(model_error(others), {});
    for (auto& p : widened) {
      if (group_of(p, curves) == group) {
        widen(p, process.at(place(*p.curve, p.message)).sd);
      }
    }
  }
  v.cold = std::move(widened);
  return v;
}

std::vector<JudgedPoint> judge_fitted(const std::vector<PublishedCurve>& curves) {
  std::vector<MeasuredCurve> seen;
  for (const auto& curve : curves) {
    seen.push_back(curve.measured);
  }
  JointFit fit(std::move(seen), prior_inputs());
  fit.solve();
  std::vector<JudgedPoint> judged;
  for (const auto& curve : curves) {
    judge(curve.measured,
          fit.constants(curve.measured.system, Provenance::kPublished, kSource),
          judged);
  }
  return judged;
}

ResidualProcess::Scale model_error(const std::vector<const JudgedPoint*>& points) {
  std::array<double, 3> sds{};
  for (const SizeBand band : {SizeBand::kSmall, SizeBand::kMiddle, SizeBand::kLarge}) {
    std::map<std::string, std::vector<const JudgedPoint*>> systems;
    for (const JudgedPoint* p : points) {
      if (size_band(p->message) == band) {
        systems[p->curve->system].push_back(p);
      }
    }
    // Share of the points, each system counting alike, that an interval widened by sd covers.
    const auto covered = [&](double sd) {
      double sum = 0;
      for (const auto& [system, own] : systems) {
        double inside = 0;
        for (const JudgedPoint* p : own) {
          JudgedPoint wider = *p;
          widen(wider, sd);
          inside += wider.low <= p->measured && p->measured <= wider.high ? 1 : 0;
        }
        sum += inside / static_cast<double>(own.size());
      }
      return sum / static_cast<double>(systems.size());
    };
    double low = 0.02;
    double high = 2;
    for (int step = 0; step < 30; ++step) {
      const double middle = (low + high) / 2;
      (covered(middle) < 0.9 ? low : high) = middle;
    }
    sds[static_cast<std::size_t>(band)] = high;
  }
  return {sds[0], sds[1], sds[2]};
}

std::map<std::string, std::vector<Residual>> residuals(const JointFit& fit) {
  std::map<std::string, std::vector<Residual>> by_system;
  std::vector<double> times;
  for (const CurveModel& model : fit.curves()) {
    times.resize(model.size());
    model.log_times(times.data());
    for (std::size_t p = 0; p < times.size(); ++p) {
      const auto& point = model.curve().points[p];
      by_system[model.curve().system].push_back(
          {place(model.curve(), point.message), point.log_time - times[p]});
    }
  }
  return by_system;
}

ResidualProcess::Scale remaining_error(
    const std::map<std::string, std::vector<Residual>>& by_system) {
  std::array<std::vector<double>, 3> errors;
  for (const auto& [system, own] : by_system) {
    for (const Residual& r : own) {
      errors[static_cast<std::size_t>(size_band(r.place.message))].push_back(std::abs(r.log_error));
    }
  }
  std::array<double, 3> sds{};
  for (std::size_t band = 0; band < sds.size(); ++band) {
    std::sort(errors[band].begin(), errors[band].end());
    sds[band] =
        errors[band].empty() ? 0.3 : std::max(0.02, quantile(errors[band], 0.9) / kSdsOf90Percent);
  }
  return {sds[0], sds[1], sds[2]};
}

ErrorScore score(const std::vector<const JudgedPoint*>& points) {
  std::vector<double> errors;
  double inside = 0;
  for (const JudgedPoint* p : points) {
    errors.push_back(std::abs(p->predicted - p->measured));
    inside += p->low <= p->measured && p->measured <= p->high ? 1 : 0;
  }
  if (errors.empty()) {
    return {};
  }
  std::sort(errors.begin(), errors.end());
  const auto n = static_cast<int>(errors.size());
  return {n, quantile(errors, 0.5), quantile(errors, 0.9), inside / n};
}

ErrorScore score_by_system(const std::vector<const JudgedPoint*>& points) {
  std::map<std::string, std::vector<const JudgedPoint*>> systems;
  for (const JudgedPoint* p : points) {
    systems[p->curve->system].push_back(p);
  }
  std::vector<double> medians;
  std::vector<double> p90s;
  std::vector<double> coverages;
  for (const auto& [system, own] : systems) {
    const ErrorScore s = score(own);
    medians.push_back(s.median);
    p90s.push_back(s.p90);
    coverages.push_back(s.coverage);
  }
  if (medians.empty()) {
    return {};
  }
  for (auto* list : {&medians, &p90s, &coverages}) {
    std::sort(list->begin(), list->end());
  }
  return {static_cast<int>(points.size()),
          quantile(medians, 0.5),
          quantile(p90s, 0.5),
          quantile(coverages, 0.5)};
}

}  // namespace fabricast
