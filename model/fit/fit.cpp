#include "model/fit/fit.hpp"

#include "core/error.hpp"
#include "model/collective/cost.hpp"
#include "model/collective/uncertainty.hpp"
#include "model/fit/joint_fit.hpp"
#include "model/fit/model_error.hpp"
#include "model/fit/size_band.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <tuple>

namespace fabricast {

namespace {

// What one launch of one machine does not tell about the next: no row weighs more than this.
constexpr double kLeastLogSd = 0.05;
// Curves of a user's records are those of one system.
constexpr const char* kHere = "here";

std::string nccl_version_of(const Record& r) {
  const auto found = r.origin.versions.find("nccl");
  return found == r.origin.versions.end() ? "" : found->second;
}

// "" or why this record says nothing about the constants.
std::string why_not(const Record& r, const Cluster& cluster) {
  const bool host = cluster.pools.front().node.gpu.architecture == "cpu";
  if (!r.valid()) {
    return "wrong elements, or no samples";
  }
  if (r.ranks < 2) {
    return "one rank: nothing crossed a link";
  }
  if (r.bytes == 0 || r.summary().median <= 0) {
    return "no bytes, or no time";
  }
  if (r.oversubscribed) {
    return "oversubscribed: times include waiting for a processor";
  }
  if (!r.settings.empty()) {
    return "measured with settings of the user's: the model prices the library's own choice";
  }
  if (host != (r.backend == "mpi")) {
    return host ? "measured on GPUs, but the cluster is of host ranks (--cluster)"
                : "measured on host buffers, but the cluster is of GPUs (--cluster)";
  }
  if (host && r.algorithm == "library") {
    return "the MPI library does not say which algorithm it ran";
  }
  return "";
}

// What NCCL told, else what was asked for; "" where the model's own tuner has to choose.
ChoiceCell cell_of(const Record& r) {
  if (r.chosen) {
    return r.chosen->cell;
  }
  return {r.algorithm == "library" ? "" : r.algorithm, ""};
}

using CurveKey = std::tuple<Collective, std::string, int, int, std::string>;

CurveKey key_of(const Record& r) {
  return {r.collective, text(cell_of(r)), r.ranks, r.ranks_per_node, nccl_version_of(r)};
}

MeasuredCurve empty_curve(const Record& r,
                          const std::shared_ptr<const Cluster>& cluster,
                          const std::string& nccl_version) {
  MeasuredCurve curve;
  const ChoiceCell cell = cell_of(r);
  curve.name = fmt::format("{} by {} on {} ranks",
                           name(r.collective),
                           cell.algorithm.empty() ? r.algorithm : text(cell),
                           r.ranks);
  curve.system = kHere;
  curve.cluster = cluster;
  curve.setting = make_setting(*cluster, r.ranks, r.ranks_per_node);
  curve.collective = r.collective;
  curve.algorithm = cell.algorithm;
  curve.protocol = cell.protocol;
  curve.nccl_version = nccl_version.empty() ? nccl_version_of(r) : nccl_version;
  return curve;
}

MeasuredPoint point_of(const Record& r) {
  const Summary s = r.summary();
  const double relative = (s.high - s.low) / 2 / s.median;
  return {r.message(), std::log(s.median * 1e-6), std::hypot(relative, kLeastLogSd)};
}

// Sizes in order; several rows of a size (in place and not, repeated runs) are one point, so that a
// size that is held out is held out as a whole.
std::vector<MeasuredPoint> one_per_size(std::vector<MeasuredPoint> points) {
  std::map<double, std::vector<MeasuredPoint>> by_size;
  for (const auto& point : points) {
    by_size[point.message.si()].push_back(point);
  }
  std::vector<MeasuredPoint> merged;
  for (const auto& [bytes, same] : by_size) {
    MeasuredPoint mean{Bytes(bytes), 0, same.front().log_sd};
    for (const auto& point : same) {
      mean.log_time += point.log_time / static_cast<double>(same.size());
    }
    merged.push_back(mean);
  }
  return merged;
}

bool is_priceable(const MeasuredCurve& curve) {
  for (const Candidate& c : priceable(curve.setting, curve.collective)) {
    if ((curve.algorithm.empty() || c.algorithm == curve.algorithm) &&
        (curve.protocol.empty() || c.protocol == curve.protocol)) {
      return true;
    }
  }
  return false;
}

using Flags = std::vector<std::vector<bool>>;  // by curve and point

// Every third size of each curve, and all of the largest communicator where there are several.
Flags held_out(const std::vector<MeasuredCurve>& curves) {
  std::set<int> ranks;
  for (const auto& curve : curves) {
    ranks.insert(curve.setting.layout.ranks);
  }
  Flags flags;
  for (const auto& curve : curves) {
    const bool largest = ranks.size() > 1 && curve.setting.layout.ranks == *ranks.rbegin();
    auto& own = flags.emplace_back(curve.points.size(), largest);
    for (std::size_t i = 1; i < own.size(); i += 3) {
      own[i] = true;
    }
  }
  return flags;
}

Flags inverted(Flags flags) {
  for (auto& own : flags) {
    own.flip();
  }
  return flags;
}

class Fitter {
 public:
  Fitter(std::vector<MeasuredCurve> curves, const Model& before, std::string source)
      : before_(before),
        fit_(as_seen_by_fit(curves, before), before.constants, Starts::kThresholds),
        curves_(std::move(curves)),
        source_(std::move(source)),
        on_host_(is_on_host(curves_)) {}

  // First without the held-out rows, to see how well they are predicted; then with all of them,
  // since what is known should be used.
  FitResult run() {
    const Flags out = held_out(curves_);
    Flags all = out;
    for (auto& own : all) {
      own.assign(own.size(), true);
    }
    FitResult result;
    if (out != all) {
      const Model seen = fit_to(inverted(out));
      result.rows = predictions(seen, out);
      result.model.scores = scores(result.rows);
    }
    const std::vector<FitScore> scores = result.model.scores;
    result.model = fit_to(all);
    result.model.scores = scores;
    describe(result.model);
    result.long_message_B = measured_threshold(result.model.constants);
    result.model.warnings = warnings(predictions(result.model, out));
    return result;
  }

 private:
  static bool is_on_host(const std::vector<MeasuredCurve>& curves) {
    return curves.front().setting.on_host();
  }

  // On GPUs it is known how wrong the equations are; on the host the rows themselves have to tell.
  static std::vector<MeasuredCurve> as_seen_by_fit(const std::vector<MeasuredCurve>& curves,
                                                   const Model& before) {
    return is_on_host(curves) ? curves : as_unsure_as_equations(curves, before.errors.seen());
  }

  Model fit_to(const Flags& takes_part) {
    Model model = before_;
    const double form = on_host_ ? model_form(takes_part) : 0;
    fit_.solve(takes_part);
    model.constants = fit_.constants(kHere, Provenance::kMeasured, source_);
    if (on_host_) {
      set_model_form(model.constants, form);
    } else {
      model.errors = errors(takes_part);
    }
    return model;
  }

  // How far rows lie from a fit that has not seen them, in ln(time): the 90th percentile over five
  // folds. Residuals of the rows that were fitted would flatter the equations.
  double model_form(const Flags& takes_part) {
    constexpr std::size_t kFolds = 5;
    constexpr double kLeast = 0.02;
    std::vector<double> errors;
    for (std::size_t fold = 0; fold < kFolds; ++fold) {
      Flags seen = takes_part;
      Flags left_out = takes_part;
      std::size_t row = 0;
      for (std::size_t c = 0; c < seen.size(); ++c) {
        for (std::size_t p = 0; p < seen[c].size(); ++p) {
          if (takes_part[c][p]) {
            const bool is_out = row++ % kFolds == fold;
            seen[c][p] = !is_out;
            left_out[c][p] = is_out;
          }
        }
      }
      fit_.solve(seen);
      for (const Residual& r : residuals(left_out)) {
        errors.push_back(std::abs(r.log_error));
      }
    }
    std::sort(errors.begin(), errors.end());
    return errors.empty() ? kLeast : std::max(kLeast, quantile(errors, 0.9));
  }

  // On the host nothing is known of the equations' own error but what the rows say.
  static void set_model_form(Inputs& constants, double log_width) {
    const double factor = std::exp(log_width);
    constants.add("host.model_form",
                  {1,
                   1 / factor,
                   factor,
                   Provenance::kMeasured,
                   "90th percentile of the errors of rows left out of the fit in turn"});
  }

  [[nodiscard]] std::vector<Residual> residuals(const Flags& takes_part) const {
    std::vector<Residual> list;
    for (std::size_t c = 0; c < curves_.size(); ++c) {
      const std::vector<double> errors = fit_.curves()[c].log_errors();
      for (std::size_t p = 0; p < errors.size(); ++p) {
        if (takes_part[c][p]) {
          const auto& point = curves_[c].points[p];
          list.push_back({place(curves_[c], point.message), errors[p], point.log_sd});
        }
      }
    }
    return list;
  }

  // What is left of the rows is carried over to the forecasts near them.
  [[nodiscard]] ResidualProcess errors(const Flags& takes_part) const {
    const auto left = residuals(takes_part);
    const auto seen = larger(remaining_error({
                                 {kHere, left}
    }),
                             before_.errors.seen());
    return {before_.errors.unseen(), seen, left};
  }

  [[nodiscard]] std::vector<FittedRow> predictions(const Model& model, const Flags& out) const {
    std::vector<FittedRow> list;
    for (std::size_t c = 0; c < curves_.size(); ++c) {
      const MeasuredCurve& curve = curves_[c];
      const CurveModel priced(curve, model.constants);
      const Outlook outlook(priced.candidates(), priced.inputs(), Selection::kLikely);
      for (std::size_t p = 0; p < curve.points.size(); ++p) {
        const auto& point = curve.points[p];
        const auto error = on_host_ ? ResidualProcess::Belief{0, log_sd(form_of(model.constants))}
                                    : model.errors.at(place(curve, point.message));
        const Spread s =
            outlook.spread(point.message,
                           {
                               {"", kSdsOf90Percent * error.sd, Provenance::kMeasured, ""}
        });
        const Seconds time = outlook.estimate(point.message).time * std::exp(error.mean);
        list.push_back({curve.collective,
                        curve.algorithm.empty() ? "library" : curve.algorithm,
                        curve.setting.layout.ranks,
                        point.message,
                        Seconds(std::exp(point.log_time)),
                        time,
                        time * std::exp(s.log_low),
                        time * std::exp(s.log_high),
                        out[c][p]});
      }
    }
    return list;
  }

  static const Quantity<double>& form_of(const Inputs& constants) {
    return constants.at(constants.index("host.model_form")).quantity;
  }

  static FitScore score(const std::string& what, const std::vector<const FittedRow*>& rows) {
    std::vector<double> errors;
    int inside = 0;
    for (const FittedRow* row : rows) {
      errors.push_back(std::abs(std::log(row->predicted / row->measured)));
      inside += row->low <= row->measured && row->measured <= row->high ? 1 : 0;
    }
    std::sort(errors.begin(), errors.end());
    return {what,
            static_cast<int>(rows.size()),
            quantile(errors, 0.5),
            quantile(errors, 0.9),
            static_cast<double>(inside) / static_cast<double>(rows.size())};
  }

  static std::vector<FitScore> scores(const std::vector<FittedRow>& rows) {
    int largest_fitted = 0;
    for (const auto& row : rows) {
      largest_fitted = std::max(largest_fitted, row.held_out ? 0 : row.ranks);
    }
    std::vector<const FittedRow*> seen;
    std::vector<const FittedRow*> sizes;
    std::vector<const FittedRow*> ranks;
    for (const auto& row : rows) {
      (!row.held_out ? seen : row.ranks > largest_fitted ? ranks : sizes).push_back(&row);
    }
    std::vector<FitScore> scores;
    for (const auto& [what, part] : {std::pair("fitted rows", seen),
                                     std::pair("held-out sizes", sizes),
                                     std::pair("held-out ranks", ranks)}) {
      if (!part.empty()) {
        scores.push_back(score(what, part));
      }
    }
    return scores;
  }

  static std::optional<Quantity<double>> measured_threshold(const Inputs& constants) {
    for (const auto& name : constants.joint().names) {
      const auto& quantity = constants.at(constants.index(name)).quantity;
      if (is_threshold(name) && quantity.provenance == Provenance::kMeasured) {
        return quantity;
      }
    }
    return std::nullopt;
  }

  void describe(Model& model) const {
    int largest = 0;
    std::size_t rows = 0;
    for (const auto& curve : curves_) {
      largest = std::max(largest, curve.setting.layout.ranks);
      rows += curve.points.size();
    }
    const std::string kind = on_host_ ? "host" : "gpu";
    model.fitted_ranks[kind] = largest;
    model.description = fmt::format(
        "fit to {} records measured here (up to {} {} ranks), on top of published "
        "curves and assumptions",
        rows,
        largest,
        kind);
  }

  // A curve that lies off as a whole, or in a band of sizes, contradicts the equations there.
  [[nodiscard]] std::vector<std::string> warnings(const std::vector<FittedRow>& rows) const {
    constexpr double kContradiction = 0.35;  // a factor of 1.4
    std::vector<std::string> list;
    if (!fit_.converged()) {
      list.emplace_back("the fit did not converge: do not rely on its constants");
    }
    std::map<std::pair<std::string, std::string>, std::vector<double>> groups;
    for (const auto& row : rows) {
      groups[{fmt::format("{} {} on {} ranks", row.algorithm, name(row.collective), row.ranks),
              std::string(name(size_band(row.message)))}]
          .push_back(std::log(row.predicted / row.measured));
    }
    for (auto& [key, errors] : groups) {
      std::sort(errors.begin(), errors.end());
      const double median = quantile(errors, 0.5);
      if (errors.size() >= 3 && std::abs(median) > kContradiction) {
        list.push_back(
            fmt::format("{}, {}: the fit is {:.0f} % too {}: the equations do not describe these "
                        "rows",
                        key.first,
                        key.second,
                        100 * std::expm1(std::abs(median)),
                        median > 0 ? "slow" : "fast"));
      }
    }
    return list;
  }

  const Model& before_;
  JointFit fit_;
  std::vector<MeasuredCurve> curves_;
  std::string source_;
  bool on_host_;
};

void count(std::vector<std::pair<std::string, int>>& reasons, const std::string& reason) {
  const auto found = std::find_if(
      reasons.begin(), reasons.end(), [&](const auto& entry) { return entry.first == reason; });
  if (found == reasons.end()) {
    reasons.emplace_back(reason, 1);
  } else {
    ++found->second;
  }
}

}  // namespace

FitResult fit(const std::vector<Record>& records,
              const Cluster& cluster,
              const std::string& nccl_version) {
  const Model before = published_model();
  const auto where = std::make_shared<const Cluster>(cluster);
  std::vector<MeasuredCurve> curves;
  std::map<CurveKey, std::size_t> known;
  std::vector<std::pair<std::string, int>> left_out;
  std::size_t rows = 0;
  for (const Record& r : records) {
    if (std::string reason = why_not(r, cluster); !reason.empty()) {
      count(left_out, reason);
      continue;
    }
    auto found = known.find(key_of(r));
    if (found == known.end()) {
      MeasuredCurve curve = empty_curve(r, where, nccl_version);
      if (!is_priceable(curve)) {
        count(left_out, "the model cannot price this algorithm");
        continue;
      }
      found = known.emplace(key_of(r), curves.size()).first;
      curves.push_back(std::move(curve));
    }
    curves[found->second].points.push_back(point_of(r));
    ++rows;
  }
  if (rows == 0) {
    std::string reasons;
    for (const auto& [reason, times] : left_out) {
      reasons += fmt::format("{}{} x {}", reasons.empty() ? "" : "; ", times, reason);
    }
    throw Error(
        fmt::format("no record can be fitted ({})", reasons.empty() ? "there are none" : reasons),
        "",
        "fabricast measure --algorithm all on at least two ranks, without oversubscription");
  }
  for (auto& curve : curves) {
    curve.points = one_per_size(std::move(curve.points));
  }
  FitResult result =
      Fitter(std::move(curves),
             before,
             fmt::format("fit to {} records measured on {}", rows, records.front().origin.host))
          .run();
  result.left_out = std::move(left_out);
  return result;
}

}  // namespace fabricast
