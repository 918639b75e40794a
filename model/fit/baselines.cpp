#include "model/fit/baselines.hpp"

#include "core/collective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fabricast {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double bus_factor(const MeasuredCurve& curve) {
  // busbw of one byte per second of algbw is the collective's factor.
  return busbw(curve.collective, curve.setting.layout.ranks, Bytes(1), Seconds(1)).si();
}

double log_nccl(const CurveModel& model, Bytes message) {
  const std::vector<double> estimates = model.candidates().log_estimates(message);
  const double least = *std::min_element(estimates.begin(), estimates.end());
  return std::isfinite(least) ? least : kNone;
}

double log_rule_of_thumb(const CurveModel& model, Bytes message) {
  constexpr double kShare = 0.9;
  constexpr double kLaunch = 20e-6;
  const MeasuredCurve& curve = model.curve();
  const Setting& setting = curve.setting;
  const Inputs& inputs = model.inputs();
  const double link_GBps =
      setting.nodes > 1
          ? inputs["nic.rate_GBps"] * setting.nics_per_node
          : inputs["scale_up.rate_GBps"] * inputs["scale_up." + setting.architecture + "_usable"];
  // All-to-all: each of a node's GPUs shares its NICs.
  const double sharing = curve.collective == Collective::kAllToAll && setting.nodes > 1
                             ? setting.layout.per_node
                             : 1.0;
  return std::log(kLaunch +
                  message.si() * bus_factor(curve) * sharing / (kShare * link_GBps * 1e9));
}

// The known curve of the same collective at the largest scale, or none.
const MeasuredCurve* largest_known(const MeasuredCurve& curve,
                                   const std::vector<const MeasuredCurve*>& known) {
  const MeasuredCurve* largest = nullptr;
  for (const MeasuredCurve* k : known) {
    if (k->collective == curve.collective &&
        (largest == nullptr || k->setting.nodes > largest->setting.nodes)) {
      largest = k;
    }
  }
  return largest;
}

// A value per point, linear between points in the logarithm of the size, flat beyond.
template <typename Value>
double interpolated(const MeasuredCurve& curve, Bytes message, Value value) {
  const auto& points = curve.points;
  const auto after = std::find_if(
      points.begin(), points.end(), [&](const auto& p) { return p.message >= message; });
  if (after == points.begin()) {
    return value(0);
  }
  if (after == points.end()) {
    return value(points.size() - 1);
  }
  const auto i = static_cast<std::size_t>(after - points.begin());
  const double from = std::log(points[i - 1].message.si());
  const double share = (std::log(message.si()) - from) / (std::log(points[i].message.si()) - from);
  return value(i - 1) + share * (value(i) - value(i - 1));
}

// Beyond the largest size the time grows with the bytes.
double log_time_at(const MeasuredCurve& curve, Bytes message) {
  const double beyond = std::log(std::max(1.0, message / curve.points.back().message));
  return beyond +
         interpolated(curve, message, [&](std::size_t i) { return curve.points[i].log_time; });
}

double log_alpha_beta(const MeasuredCurve& from, const MeasuredCurve& to, Bytes message) {
  const auto& large = from.points.back();
  const double beta = std::exp(large.log_time) / large.message.si() / bus_factor(from);
  const auto& small = from.points.front();
  const double alpha =
      std::max(1e-6, std::exp(small.log_time) - beta * small.message.si() * bus_factor(from));
  return std::log(alpha + beta * message.si() * bus_factor(to));
}

}  // namespace

std::array<double, kBaselines.size()> baselines(const CurveModel& model,
                                                std::size_t point,
                                                const std::vector<const MeasuredCurve*>& known) {
  const MeasuredCurve& curve = model.curve();
  const Bytes message = curve.points[point].message;
  const double nccl = log_nccl(model, message);
  std::array<double, kBaselines.size()> times{
      nccl, log_rule_of_thumb(model, message), kNone, kNone, kNone, kNone};
  const MeasuredCurve* from = largest_known(curve, known);
  if (from == nullptr) {
    return times;
  }
  const CurveModel smaller(*from, model.inputs());
  times[2] = nccl + interpolated(*from, message, [&](std::size_t i) {
               return from->points[i].log_time - log_nccl(smaller, from->points[i].message);
             });
  times[3] = log_time_at(*from, message);
  times[4] = times[3] + std::log(bus_factor(curve) / bus_factor(*from));
  times[5] = log_alpha_beta(*from, curve, message);
  return times;
}

}  // namespace fabricast
