#include "model/fit/model_error.hpp"

#include "core/statistics.hpp"
#include "model/collective/uncertainty.hpp"
#include "model/fit/size_band.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace fabricast {

namespace {

// Rows that were fitted lie closer to the fit than the next scale of the same system will. Assumed.
constexpr double kOutOfSample = 1.6;

}  // namespace

ResidualPlace place(const MeasuredCurve& curve, Bytes message) {
  const auto& setting = curve.setting;
  return {curve.collective,
          static_cast<double>(setting.nodes),
          static_cast<double>(setting.layout.per_node),
          message};
}

std::vector<MeasuredCurve> as_unsure_as_equations(std::vector<MeasuredCurve> curves,
                                                  const ResidualProcess::Scale& error) {
  for (auto& curve : curves) {
    for (auto& point : curve.points) {
      point.log_sd = std::hypot(point.log_sd, error.at(point.message));
    }
  }
  return curves;
}

void widen(JudgedPoint& p, double sd) {
  const double width = kSdsOf90Percent * sd;
  p.low = p.predicted - std::hypot(p.predicted - p.low, width);
  p.high = p.predicted + std::hypot(p.high - p.predicted, width);
}

ResidualProcess::Scale model_error(const std::vector<JudgedPoint>& points) {
  std::array<double, 3> sds{};
  for (const SizeBand band : {SizeBand::kSmall, SizeBand::kMiddle, SizeBand::kLarge}) {
    std::map<std::string, std::vector<const JudgedPoint*>> systems;
    for (const JudgedPoint& p : points) {
      if (size_band(p.message) == band) {
        systems[p.curve->system].push_back(&p);
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
  for (const CurveModel& model : fit.curves()) {
    const MeasuredCurve& curve = model.curve();
    const std::vector<double> errors = model.log_errors();
    for (std::size_t p = 0; p < errors.size(); ++p) {
      by_system[curve.system].push_back({place(curve, curve.points[p].message), errors[p]});
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
    sds[band] = errors[band].empty()
                    ? 0.3
                    : std::max(0.02, kOutOfSample * quantile(errors[band], 0.9) / kSdsOf90Percent);
  }
  return {sds[0], sds[1], sds[2]};
}

ResidualProcess::Scale larger(const ResidualProcess::Scale& a, const ResidualProcess::Scale& b) {
  return {std::max(a.small, b.small), std::max(a.middle, b.middle), std::max(a.large, b.large)};
}

}  // namespace fabricast
