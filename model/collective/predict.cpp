#include "model/collective/predict.hpp"

#include "core/names.hpp"
#include "core/size.hpp"
#include "model/collective/candidate_set.hpp"
#include "model/collective/gpu_cost.hpp"
#include "model/collective/uncertainty.hpp"
#include "model/collective/window_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace fabricast {

namespace {

bool matches(const Candidate& c, const std::string& algorithm, const std::string& protocol) {
  return c.algorithm == algorithm && (protocol.empty() || c.protocol == protocol);
}

// Whoever names an algorithm that needs windows has them.
Setting setting_of(const Cluster& cluster, const Question& q) {
  Setting setting = make_setting(cluster, q.ranks, q.ranks_per_node);
  setting.registered = q.registered || needs_windows(q.algorithm);
  return setting;
}

std::string version_of(const Question& q) {
  return q.nccl_version.empty() ? std::string(kDefaultNcclVersion) : q.nccl_version;
}

bool is_free(const Question& q) { return q.algorithm == "auto" || q.algorithm == "best"; }

// The number of ranks that the constants in use were calibrated at.
int known_ranks(const Setting& setting, const Model& model) {
  const auto ranks = [&](const std::string& what) {
    const auto found = model.fitted_ranks.find(what);
    return found == model.fitted_ranks.end() ? 1 : found->second;
  };
  return setting.on_host()
             ? ranks("host")
             : std::max(ranks("gpu"),
                        ranks(setting.nodes > 1 ? "published.scale" : "published.none"));
}

// Everything about a question that does not depend on the message size.
class Forecaster {
 public:
  Forecaster(const Cluster& cluster, const Question& question, const Model& model)
      : question_(question),
        model_(model),
        setting_(setting_of(cluster, question)),
        inputs_(inputs_for(cluster, setting_, model.constants)),
        candidates_(candidates(question, setting_, inputs_)),
        outlook_(candidates_,
                 inputs_,
                 question.algorithm == "best" ? Selection::kFastest : Selection::kLikely) {}

  [[nodiscard]] const Setting& setting() const { return setting_; }
  [[nodiscard]] std::string nccl_version() const { return candidates_.nccl_version(); }

  [[nodiscard]] Prediction predict(std::uint64_t bytes) const {
    if (bytes == 0) {
      throw Error("a message of 0 bytes takes no time", "--bytes", "1 or more");
    }
    const Bytes message(static_cast<double>(bytes));
    const Outlook::Estimate estimate = outlook_.estimate(message);
    const auto error = error_of_the_equations(message);
    const Spread spread = outlook_.spread(message, extras(error.sd));
    const std::size_t shown = shown_candidate(message);
    Prediction p;
    p.bytes = bytes;
    p.algorithm = candidates_[shown].algorithm;
    p.protocol = candidates_[shown].protocol;
    p.datasheet_bound = datasheet_bound(setting_, question_.collective, inputs_, message);
    p.time = std::max(estimate.time * std::exp(error.mean), p.datasheet_bound);
    p.low = std::max(p.time * std::exp(spread.log_low), p.datasheet_bound);
    p.high = p.time * std::exp(spread.log_high);
    p.terms = terms(estimate.weights, message, p.time);
    p.extrapolation = extrapolation();
    p.drivers = spread.drivers;
    p.provenance = weakest(spread.drivers);
    p.nccl_estimate = candidates_.nccl_estimate(shown, message);
    return p;
  }

 private:
  static CandidateSet candidates(const Question& question,
                                 const Setting& setting,
                                 const Inputs& inputs) {
    if (question.ranks < 2) {
      throw Error(
          "one rank has nobody to talk to: there is nothing to forecast", "--ranks", "2 or more");
    }
    if (!question.protocol.empty() && is_free(question)) {
      throw Error(
          "a protocol alone cannot be forced", "--protocol", "name the algorithm too: --algorithm");
    }
    if (needs_windows(question.algorithm)) {
      const auto obstacle =
          window_obstacle(setting, question.collective, question.algorithm, version_of(question));
      if (obstacle) {
        throw Error(*obstacle);
      }
    }
    CandidateSet set(setting, question.collective, question.nccl_version, inputs);
    if (set.size() == 0) {
      throw Error(fmt::format("no algorithm is known for {} on {} ranks",
                              name(question.collective),
                              question.ranks),
                  "--collective",
                  "another collective");
    }
    if (!is_free(question)) {
      const std::vector<std::string> known = algorithms(set);
      set.keep_if(
          [&](const Candidate& c) { return matches(c, question.algorithm, question.protocol); });
      if (set.size() == 0) {
        throw unknown_name(fmt::format("algorithm for {} on {} ranks of this cluster",
                                       name(question.collective),
                                       question.ranks),
                           question.protocol.empty()
                               ? question.algorithm
                               : question.algorithm + " with " + question.protocol,
                           known,
                           "--algorithm");
      }
    } else if (question.algorithm == "auto") {
      set.keep_usual();
    }
    return set;
  }

  static std::vector<std::string> algorithms(const CandidateSet& set) {
    std::vector<std::string> names{"auto", "best"};
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (std::find(names.begin(), names.end(), set[i].algorithm) == names.end()) {
        names.push_back(set[i].algorithm);
      }
    }
    return names;
  }

  [[nodiscard]] std::size_t shown_candidate(Bytes message) const {
    return question_.algorithm == "best" ? candidates_.fastest(outlook_.prices(), message)
                                         : candidates_.nccl_choice(outlook_.prices(), message);
  }

  // Each term's mean over the candidates, scaled so that they add up to the time: the mean of
  // ln(time) is below the mean of the time, and known residuals move it.
  [[nodiscard]] std::vector<Term> terms(const std::vector<double>& weights,
                                        Bytes message,
                                        Seconds time) const {
    std::vector<Term> list;
    Seconds sum;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      for (const Term& term : terms_at(outlook_.prices()[i], message)) {
        auto known = std::find_if(
            list.begin(), list.end(), [&](const Term& t) { return t.name == term.name; });
        if (known == list.end()) {
          known = list.insert(list.end(), {term.name, Seconds(0)});
        }
        known->time += weights[i] * term.time;
        sum += weights[i] * term.time;
      }
    }
    for (Term& term : list) {
      term.time *= time / sum;
    }
    return list;
  }

  [[nodiscard]] ResidualProcess::Belief error_of_the_equations(Bytes message) const {
    if (setting_.on_host()) {
      return {0, log_sd(inputs_.at(inputs_.index("host.model_form")).quantity)};
    }
    return model_.errors.at({question_.collective,
                             static_cast<double>(setting_.nodes),
                             static_cast<double>(setting_.layout.per_node),
                             message});
  }

  [[nodiscard]] Extrapolation extrapolation() const {
    const int from = known_ranks(setting_, model_);
    return {from, std::max(1.0, static_cast<double>(question_.ranks) / from)};
  }

  [[nodiscard]] std::vector<ExtraUncertainty> extras(double equations_sd) const {
    const double doublings = std::log2(extrapolation().ratio);
    const auto& growth = inputs_.at(inputs_.index("extrapolation.per_doubling")).quantity;
    return {
        {"error_of_the_equations",
         kSdsOf90Percent * equations_sd,
         setting_.on_host() ? Provenance::kMeasured : Provenance::kPublished,
         setting_.on_host() ? "rows left out of the fit in turn"
                            : "published systems left out of the fit in turn"},
        {"extrapolation.per_doubling",
         std::log(growth.hi / growth.value) * doublings,
         growth.provenance,
         growth.source                                                       }
    };
  }

  // Of the inputs that make up most of the interval.
  static Provenance weakest(const std::vector<Driver>& drivers) {
    Provenance weakest = drivers.empty() ? Provenance::kDerived : drivers.front().provenance;
    for (const auto& driver : drivers) {
      if (driver.share >= 0.1) {
        weakest = std::max(weakest, driver.provenance);
      }
    }
    return weakest;
  }

  const Question& question_;
  const Model& model_;
  Setting setting_;
  Inputs inputs_;
  CandidateSet candidates_;
  Outlook outlook_;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool any_by(const std::vector<Prediction>& predictions, std::string_view algorithm) {
  return std::any_of(predictions.begin(), predictions.end(), [&](const Prediction& p) {
    return p.algorithm == algorithm;
  });
}

// What the program that is forecast must do for this, or why its windows change nothing.
void add_notes_on_windows(const Question& question,
                          const Setting& setting,
                          const std::vector<Prediction>& predictions,
                          std::vector<std::string>& list) {
  const bool symmetric = any_by(predictions, "symmetric");
  const bool copies = any_by(predictions, "copy_engine");
  if (symmetric) {
    list.emplace_back(
        "symmetric kernels run where both buffers lie in windows that all ranks registered with "
        "NCCL_WIN_COLL_SYMMETRIC (ncclCommWindowRegister); no published curve is behind their "
        "constants");
  }
  if (copies) {
    list.emplace_back(
        "copy engines run where both buffers lie in windows that all ranks registered with "
        "NCCL_WIN_COLL_SYMMETRIC (ncclCommWindowRegister) and the communicator has "
        "NCCL_CTA_POLICY_ZERO; they occupy no SM; no published curve is behind their constants");
  }
  if (question.registered && !symmetric && !copies && is_free(question)) {
    const auto obstacle =
        window_obstacle(setting, question.collective, "symmetric", version_of(question));
    list.push_back("registered windows change nothing here" +
                   (obstacle ? ": " + first_line(obstacle->what()) : ""));
  }
}

// A tenth of the time is worth a word.
bool waits_for_answers(const Prediction& p) {
  return std::any_of(p.terms.begin(), p.terms.end(), [&](const Term& term) {
    return term.name == kInFlightWindow && term.time >= 0.1 * p.time;
  });
}

std::vector<std::string> notes(const Cluster& cluster,
                               const Question& question,
                               const Setting& setting,
                               const Model& model,
                               const std::vector<Prediction>& predictions) {
  std::vector<std::string> list;
  const bool flat_ring = setting.nodes > 64 && question.algorithm == "auto" &&
                         std::any_of(predictions.begin(),
                                     predictions.end(),
                                     [](const Prediction& p) { return p.algorithm == "ring"; });
  if (flat_ring) {
    list.push_back(
        fmt::format("in one communicator of {} ranks NCCL has only the flat ring for {}: training "
                    "runs it in smaller "
                    "groups; --algorithm best shows what a hierarchical exchange could reach",
                    question.ranks,
                    name(question.collective)));
  }
  if (setting.on_rccl()) {
    list.emplace_back(
        "RCCL runs on these GPUs: what it chooses is not modelled, auto takes the fastest of its "
        "algorithms; no published curve is behind the constants, which are NCCL's with factors");
  }
  add_notes_on_windows(question, setting, predictions, list);
  if (std::any_of(predictions.begin(), predictions.end(), waits_for_answers)) {
    list.emplace_back(
        "the way between the nodes is longer than NCCL's connections can fill: their slots hold "
        "less than a round trip takes (in_flight_window); larger slots (NCCL_BUFFSIZE) or more "
        "channels (NCCL_MIN_CTAS) move more");
  }
  if (setting.nodes > 1) {
    const auto published = [&](const std::string& what) {
      const auto found = model.fitted_ranks.find("published." + what);
      return found == model.fitted_ranks.end() ? std::string("no ranks at all")
                                               : fmt::format("up to {} ranks", found->second);
    };
    list.push_back(
        fmt::format("published curves behind the constants for {}: {}; behind the growth with "
                    "scale: {}",
                    setting.fabric_class,
                    published(setting.fabric_class),
                    published("scale")));
  }
  list.insert(list.end(), setting.notes.begin(), setting.notes.end());
  for (const auto& unknown : cluster.unknown) {
    list.push_back("not known of " + cluster.id + ": " + unknown);
  }
  return list;
}

}  // namespace

Forecast predict(const Cluster& cluster, const Question& question, const Model& model) {
  const Forecaster forecaster(cluster, question, model);
  Forecast forecast;
  forecast.cluster = cluster.id;
  forecast.collective = question.collective;
  forecast.ranks = question.ranks;
  forecast.ranks_per_node = forecaster.setting().layout.per_node;
  forecast.nccl_version = forecaster.nccl_version();
  forecast.selection = question.algorithm;
  forecast.calibration = model.description;
  for (const std::uint64_t bytes : question.bytes) {
    forecast.predictions.push_back(forecaster.predict(bytes));
  }
  forecast.notes = notes(cluster, question, forecaster.setting(), model, forecast.predictions);
  return forecast;
}

}  // namespace fabricast
