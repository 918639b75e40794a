#include "model/fit/validation.hpp"

#include "core/statistics.hpp"
#include "model/collective/priors.hpp"
#include "model/collective/uncertainty.hpp"
#include "model/fit/joint_fit.hpp"
#include "model/fit/model_error.hpp"
#include "model/fit/noise_floor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace fabricast {

namespace {

constexpr double kKnownLogSd = 0.05;  // of a measurement, as in a fit to a user's rows
constexpr const char* kSource = "fit to published curves";

// The interval is of the constants alone; widen() adds what the equations themselves get wrong.
void judge(const MeasuredCurve& measured,
           const Inputs& constants,
           const std::vector<const MeasuredCurve*>& known,
           std::vector<JudgedPoint>& judged) {
  const CurveModel model(measured, constants);
  const Outlook outlook(model.candidates(), model.inputs(), Selection::kLikely);
  for (std::size_t p = 0; p < measured.points.size(); ++p) {
    const auto& point = measured.points[p];
    const double time = std::log(outlook.estimate(point.message).time.si());
    const Spread spread = outlook.spread(point.message, {});
    judged.push_back({&measured,
                      point.message,
                      point.log_time,
                      time,
                      time + spread.log_low,
                      time + spread.log_high,
                      baselines(model, p, known)});
  }
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

struct Others {
  Inputs constants;
  ResidualProcess::Scale error;  // what is left of systems that the fit knows
};

Others fitted_without(const std::string& group, const std::vector<PublishedCurve>& curves) {
  std::vector<MeasuredCurve> seen;
  for (const auto& curve : curves) {
    if (curve.left_out_with != group) {
      seen.push_back(curve.measured);
    }
  }
  JointFit fit(std::move(seen), prior_inputs());
  fit.solve();
  return {fit.constants("", Provenance::kPublished, kSource), remaining_error(residuals(fit))};
}

// What a user of this system would do: fit the small scales, with the rest of the world as prior.
void judge_larger_scales(const std::string& system,
                         int largest_known,
                         const Others& others,
                         const std::vector<PublishedCurve>& curves,
                         std::vector<JudgedPoint>& judged) {
  std::vector<MeasuredCurve> known;
  std::vector<const MeasuredCurve*> smaller;
  for (const auto& curve : curves) {
    if (curve.measured.system == system && curve.measured.setting.nodes <= largest_known) {
      smaller.push_back(&curve.measured);
      known.push_back(curve.measured);
      for (auto& point : known.back().points) {
        point.weight = 1;
        point.log_sd = kKnownLogSd;
      }
    }
  }
  JointFit fit(as_unsure_as_equations(std::move(known), others.error),
               others.constants,
               Starts::kThresholds);
  fit.solve();
  const Inputs constants = fit.constants(system, Provenance::kPublished, kSource);
  const auto errors = residuals(fit);
  const ResidualProcess process(
      {}, larger(remaining_error(errors), others.error), errors.at(system));
  for (const auto& curve : curves) {
    if (curve.measured.system != system || curve.measured.setting.nodes <= largest_known) {
      continue;
    }
    const std::size_t first = judged.size();
    judge(curve.measured, constants, smaller, judged);
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

std::vector<JudgedPoint> judge_fitted(const std::vector<PublishedCurve>& curves) {
  std::vector<MeasuredCurve> seen;
  for (const auto& curve : curves) {
    seen.push_back(curve.measured);
  }
  JointFit fit(std::move(seen), prior_inputs());
  fit.solve();
  const auto errors = residuals(fit);
  const ResidualProcess process({}, remaining_error(errors), {});
  std::vector<JudgedPoint> judged;
  for (const auto& curve : curves) {
    const std::size_t first = judged.size();
    judge(curve.measured,
          fit.constants(curve.measured.system, Provenance::kPublished, kSource),
          {},
          judged);
    for (std::size_t i = first; i < judged.size(); ++i) {
      widen(judged[i], process.at(place(*judged[i].curve, judged[i].message)).sd);
    }
  }
  return judged;
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
    const Others others = fitted_without(group, curves);
    for (const auto& curve : curves) {
      if (curve.left_out_with == group) {
        judge(curve.measured, others.constants, {}, v.cold_unwidened);
      }
    }
    for (const auto& system : systems) {
      if (const auto scale = largest.find(system); scale != largest.end()) {
        judge_larger_scales(system, scale->second, others, curves, v.warm);
      }
    }
  }
  v.cold = v.cold_unwidened;
  for (const auto& [group, systems] : groups) {
    std::vector<JudgedPoint> elsewhere;
    for (const auto& p : v.cold_unwidened) {
      if (group_of(p, curves) != group) {
        elsewhere.push_back(p);
      }
    }
    const ResidualProcess process(model_error(elsewhere), {}, {});
    for (auto& p : v.cold) {
      if (group_of(p, curves) == group) {
        widen(p, process.at(place(*p.curve, p.message)).sd);
      }
    }
  }
  v.fitted = judge_fitted(curves);
  for (auto* points : {&v.cold, &v.warm, &v.fitted}) {
    set_noise_floor(*points);
  }
  return v;
}

}  // namespace fabricast
