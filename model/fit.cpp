#include "model/fit.hpp"

#include "core/error.hpp"
#include "model/collective/cost.hpp"
#include "model/collective/nccl_choice.hpp"
#include "model/collective/uncertainty.hpp"
#include "model/robust_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

namespace fabricast {

namespace {

// What one launch of one machine does not tell about the next: no row weighs more than this.
constexpr double kLeastLogSd = 0.05;

// A record that the model can price.
struct Row {
  const Record* record;
  Setting setting;
  Collective collective;
  std::unique_ptr<Cost> cost;
  double log_measured;
  double log_sd;
  bool held_out = false;
};

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
  if (host != (r.backend == "mpi")) {
    return host ? "measured on GPUs, but the cluster is of host ranks (--cluster)"
                : "measured on host buffers, but the cluster is of GPUs (--cluster)";
  }
  if (host && r.algorithm == "library") {
    return "the MPI library does not say which algorithm it ran";
  }
  return "";
}

std::optional<Candidate> candidate_of(const Record& r,
                                      const Setting& setting,
                                      const Inputs& inputs,
                                      const std::string& nccl_version) {
  const std::vector<Candidate> known = priceable(setting, r.collective);
  if (r.algorithm != "library") {
    for (const auto& candidate : known) {
      if (candidate.algorithm == r.algorithm) {
        return candidate;
      }
    }
    return std::nullopt;
  }
  // NCCL records do not say what ran: take what that version chooses.
  const NcclTuner tuner(nccl_version.empty() ? std::string(kDefaultNcclVersion) : nccl_version,
                        nccl_topology(setting, inputs));
  if (tuner.cells(r.collective).empty()) {
    return known.empty() ? std::nullopt : std::optional(known.front());
  }
  const NcclCell cell = tuner.choose(r.collective, r.message());
  return Candidate{
      std::string(name(cell.algorithm)), std::string(name(cell.protocol)), cell.channels};
}

std::optional<Row> make_row(const Record& r,
                            const Cluster& cluster,
                            const Model& model,
                            const std::string& nccl_version) {
  Setting setting = make_setting(cluster, r.ranks, r.ranks_per_node);
  const Inputs inputs = inputs_for(cluster, setting, model.constants);
  const auto candidate = candidate_of(r, setting, inputs, nccl_version);
  if (!candidate) {
    return std::nullopt;
  }
  const Summary s = r.summary();
  const double relative = (s.high - s.low) / 2 / s.median;
  auto cost = make_cost(setting, r.collective, *candidate, inputs);
  return Row{&r,
             std::move(setting),
             r.collective,
             std::move(cost),
             std::log(s.median * 1e-6),
             std::hypot(relative, kLeastLogSd)};
}

// Every third size of each curve, and all of the largest communicator where there are several.
void hold_out(std::vector<Row>& rows) {
  std::set<int> ranks;
  std::map<std::tuple<Collective, std::string, DataType, int, int>, std::vector<Row*>> curves;
  for (Row& row : rows) {
    const Record& r = *row.record;
    ranks.insert(r.ranks);
    curves[{r.collective, r.algorithm, r.type, r.ranks, r.ranks_per_node}].push_back(&row);
  }
  for (auto& [key, curve] : curves) {
    std::sort(curve.begin(), curve.end(), [](const Row* a, const Row* b) {
      return a->record->bytes < b->record->bytes;
    });
    for (std::size_t i = 1; i < curve.size(); i += 3) {
      curve[i]->held_out = true;
    }
  }
  if (ranks.size() > 1) {
    for (Row& row : rows) {
      row.held_out = row.held_out || row.record->ranks == *ranks.rbegin();
    }
  }
}

class Fitter {
 public:
  Fitter(std::vector<Row> rows, const Cluster& cluster, Model model)
      : rows_(std::move(rows)), cluster_(cluster), priors_(std::move(model)), model_(priors_) {
    choose_parameters();
  }

  // First without the held-out rows, to see how well they are predicted; then with all of them,
  // since what is known should be used.
  FitResult run() {
    Rows seen;
    Rows all;
    for (const Row& row : rows_) {
      all.push_back(&row);
      if (!row.held_out) {
        seen.push_back(&row);
      }
    }
    FitResult result;
    fit_to(seen);
    result.rows = predictions();
    score_all(result.rows);
    const RobustSolution solution = fit_to(all);
    describe(all);
    warn(solution, predictions());
    model_.scores = scores_;
    result.model = std::move(model_);
    return result;
  }

 private:
  using Rows = std::vector<const Row*>;

  RobustSolution fit_to(const Rows& rows) {
    model_ = priors_;
    const double form = model_form(rows);
    const RobustSolution solution = solve(problem(rows));
    move_constants(solution, rows);
    set_model_form(form);
    return solution;
  }

  // ln(predicted) of the rows for the given constants. Cluster numbers come with each row's
  // setting.
  [[nodiscard]] double log_predicted(const Row& row, const Inputs& inputs) const {
    return std::log(row.cost->total(inputs, row.record->message()).si());
  }

  [[nodiscard]] Inputs inputs_of(const Row& row) const {
    return inputs_for(cluster_, row.setting, model_.constants);
  }

  // Those with a range that any row reacts to.
  void choose_parameters() {
    std::vector<bool> matters(model_.constants.size());
    for (const Row& row : rows_) {
      Inputs inputs = inputs_of(row);
      const double base = log_predicted(row, inputs);
      for (std::size_t i = 0; i < matters.size(); ++i) {
        const double sd = log_sd(inputs.at(i).quantity);
        if (matters[i] || sd == 0) {
          continue;
        }
        const double best = inputs.value(i);
        inputs.set_value(i, best * std::exp(sd));
        matters[i] = std::abs(log_predicted(row, inputs) - base) > 1e-9;
        inputs.set_value(i, best);
      }
    }
    for (std::size_t i = 0; i < matters.size(); ++i) {
      if (matters[i]) {
        parameters_.push_back(i);
      }
    }
  }

  [[nodiscard]] RobustProblem problem(const Rows& rows) const {
    const auto n = static_cast<Eigen::Index>(parameters_.size());
    RobustProblem p;
    p.rows = static_cast<Eigen::Index>(rows.size());
    p.prior.resize(n);
    p.prior_sd.resize(n);
    for (Eigen::Index k = 0; k < n; ++k) {
      const std::size_t i = parameters_[static_cast<std::size_t>(k)];
      p.prior(k) = std::log(priors_.constants.value(i));
      p.prior_sd(k) = log_sd(priors_.constants.at(i).quantity);
    }
    // One copy of the inputs per setting would do; rows are few, so one per row is kept.
    std::vector<Inputs> inputs;
    for (const Row* row : rows) {
      inputs.push_back(inputs_of(*row));
    }
    p.residuals = [this, rows, inputs](const Eigen::VectorXd& theta) mutable {
      Eigen::VectorXd residuals(static_cast<Eigen::Index>(rows.size()));
      for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t k = 0; k < parameters_.size(); ++k) {
          inputs[r].set_value(parameters_[k], std::exp(theta(static_cast<Eigen::Index>(k))));
        }
        const Row& row = *rows[r];
        residuals(static_cast<Eigen::Index>(r)) =
            (log_predicted(row, inputs[r]) - row.log_measured) / row.log_sd;
      }
      return residuals;
    };
    return p;
  }

  void move_constants(const RobustSolution& solution, const Rows& rows) {
    constexpr double kSdsOf90Percent = 1.6449;
    Inputs::Joint joint;
    joint.covariance = solution.covariance;
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      const Input input = model_.constants.at(parameters_[k]);
      const auto at = static_cast<Eigen::Index>(k);
      const double value = std::exp(solution.theta(at));
      const double factor = std::exp(kSdsOf90Percent * std::sqrt(solution.covariance(at, at)));
      joint.names.push_back(input.name);
      model_.constants.add(input.name,
                           {value,
                            value / factor,
                            value * factor,
                            Provenance::kMeasured,
                            fmt::format("fit to {} records measured on {}",
                                        rows.size(),
                                        rows.front()->record->origin.host)});
    }
    model_.constants.set_joint(std::move(joint));
  }

  // How far rows lie from a fit that has not seen them, in ln(time): the 90th percentile over five
  // folds. Residuals of the rows that were fitted would flatter the equations.
  [[nodiscard]] double model_form(const Rows& rows) const {
    constexpr std::size_t kFolds = 5;
    constexpr double kLeast = 0.02;
    const std::size_t folds = std::min(kFolds, rows.size());
    std::vector<double> errors;
    for (std::size_t fold = 0; fold < folds && folds > 1; ++fold) {
      Rows seen;
      Rows left_out;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        (i % folds == fold ? left_out : seen).push_back(rows[i]);
      }
      const RobustSolution solution = solve(problem(seen));
      const Eigen::VectorXd residuals = problem(left_out).residuals(solution.theta);
      for (std::size_t i = 0; i < left_out.size(); ++i) {
        errors.push_back(std::abs(residuals(static_cast<Eigen::Index>(i))) * left_out[i]->log_sd);
      }
    }
    std::sort(errors.begin(), errors.end());
    return errors.empty() ? kLeast : std::max(kLeast, quantile(errors, 0.9));
  }

  // On the host nothing is known of the equations' own error but what the rows say.
  void set_model_form(double log_width) {
    if (!on_host()) {
      return;
    }
    const double factor = std::exp(log_width);
    model_.constants.add("host.model_form",
                         {1,
                          1 / factor,
                          factor,
                          Provenance::kMeasured,
                          "90th percentile of the errors of rows left out of the fit in turn"});
  }

  [[nodiscard]] std::vector<FittedRow> predictions() const {
    std::vector<FittedRow> list;
    for (const Row& row : rows_) {
      const Record& r = *row.record;
      const Inputs inputs = inputs_of(row);
      const Seconds time = row.cost->total(inputs, r.message());
      const Spread s = spread(*row.cost, inputs, r.message(), equation_error(row, inputs));
      list.push_back({r.collective,
                      r.algorithm,
                      r.ranks,
                      r.message(),
                      microseconds(r.summary().median),
                      time,
                      time * std::exp(s.log_low),
                      time * std::exp(s.log_high),
                      row.held_out});
    }
    return list;
  }

  static std::vector<ExtraUncertainty> equation_error(const Row& row, const Inputs& inputs) {
    const std::string name = row.setting.on_host() ? "host.model_form" : "model_form.known_scale";
    const auto& q = inputs.at(inputs.index(name)).quantity;
    return {
        {name, std::log(q.hi / q.value), q.provenance, q.source}
    };
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

  void score_all(const std::vector<FittedRow>& rows) {
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
    for (const auto& [what, part] : {std::pair("fitted rows", seen),
                                     std::pair("held-out sizes", sizes),
                                     std::pair("held-out ranks", ranks)}) {
      if (!part.empty()) {
        scores_.push_back(score(what, part));
      }
    }
  }

  void describe(const Rows& rows) {
    int largest = 0;
    for (const Row* row : rows) {
      largest = std::max(largest, row->record->ranks);
    }
    const std::string kind = on_host() ? "host" : "gpu";
    model_.fitted_ranks[kind] = largest;
    model_.description = fmt::format(
        "{} constants measured here (fit to {} records of up to {} {} ranks); all others published "
        "or assumed",
        parameters_.size(),
        rows.size(),
        largest,
        kind);
  }

  [[nodiscard]] bool on_host() const { return rows_.front().setting.on_host(); }

  // A curve that lies off as a whole, or in a band of sizes, contradicts the equations there.
  void warn(const RobustSolution& solution, const std::vector<FittedRow>& rows) {
    constexpr double kContradiction = 0.35;  // a factor of 1.4
    if (!solution.converged) {
      model_.warnings.emplace_back("the fit did not converge: do not rely on its constants");
    }
    std::map<std::pair<std::string, std::string>, std::vector<double>> groups;
    for (const auto& row : rows) {
      const char* band = row.message.si() <= 64 * 1024          ? "up to 64 KiB"
                         : row.message.si() <= 16.0 * (1 << 20) ? "64 KiB to 16 MiB"
                                                                : "above 16 MiB";
      groups[{fmt::format("{} {} on {} ranks", row.algorithm, name(row.collective), row.ranks),
              band}]
          .push_back(std::log(row.predicted / row.measured));
    }
    for (auto& [key, errors] : groups) {
      std::sort(errors.begin(), errors.end());
      const double median = quantile(errors, 0.5);
      if (errors.size() >= 3 && std::abs(median) > kContradiction) {
        model_.warnings.push_back(fmt::format(
            "{}, {}: the fit is {:.0f} % too {}: alpha and beta do not describe these rows",
            key.first,
            key.second,
            100 * std::expm1(std::abs(median)),
            median > 0 ? "slow" : "fast"));
      }
    }
  }

  std::vector<Row> rows_;
  const Cluster& cluster_;
  Model priors_;
  Model model_;
  std::vector<std::size_t> parameters_;
  std::vector<FitScore> scores_;
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
  const Model priors = prior_model();
  std::vector<Row> rows;
  std::vector<std::pair<std::string, int>> left_out;
  for (const Record& r : records) {
    if (std::string reason = why_not(r, cluster); !reason.empty()) {
      count(left_out, reason);
    } else if (auto row = make_row(r, cluster, priors, nccl_version)) {
      rows.push_back(std::move(*row));
    } else {
      count(left_out, "the model cannot price this algorithm");
    }
  }
  hold_out(rows);
  if (std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.held_out; })) {
    std::string reasons;
    for (const auto& [reason, times] : left_out) {
      reasons += fmt::format("{}{} x {}", reasons.empty() ? "" : "; ", times, reason);
    }
    throw Error(
        fmt::format("no record can be fitted ({})", reasons.empty() ? "there are none" : reasons),
        "",
        "fabricast measure --algorithm all on at least two ranks, without oversubscription");
  }
  FitResult result = Fitter(std::move(rows), cluster, priors).run();
  result.left_out = std::move(left_out);
  return result;
}

}  // namespace fabricast
