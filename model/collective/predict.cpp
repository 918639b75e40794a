#include "model/collective/predict.hpp"

#include "core/names.hpp"
#include "core/size.hpp"
#include "model/collective/cost.hpp"
#include "model/collective/nccl_choice.hpp"
#include "model/collective/priors.hpp"
#include "model/collective/uncertainty.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace fabricast {

namespace {

bool matches(const Candidate& c, const std::string& algorithm, const std::string& protocol) {
  return c.algorithm == algorithm && (protocol.empty() || c.protocol == protocol);
}

// Everything about a question that does not depend on the message size.
class Forecaster {
 public:
  Forecaster(const Cluster& cluster, const Question& question, const Model& model)
      : question_(question),
        model_(model),
        setting_(make_setting(cluster, question.ranks, question.ranks_per_node)),
        inputs_(inputs_for(cluster, setting_, model.constants)) {
    if (question.ranks < 2) {
      throw Error(
          "one rank has nobody to talk to: there is nothing to forecast", "--ranks", "2 or more");
    }
    if (!setting_.on_host()) {
      tuner_ = std::make_unique<NcclTuner>(version(), nccl_topology(setting_, inputs_));
    }
    for (Candidate& candidate : priceable(setting_, question.collective)) {
      candidate.channels = channels(candidate);
      candidates_.push_back(std::move(candidate));
    }
    refuse_what_is_not_there();
  }

  [[nodiscard]] const Setting& setting() const { return setting_; }
  [[nodiscard]] std::string version() const {
    return question_.nccl_version.empty() ? std::string(kDefaultNcclVersion)
                                          : question_.nccl_version;
  }
  [[nodiscard]] std::string shown_version() const { return tuner_ ? version() : ""; }

  [[nodiscard]] Prediction predict(std::uint64_t bytes) const {
    if (bytes == 0) {
      throw Error("a message of 0 bytes takes no time", "--bytes", "1 or more");
    }
    const Bytes message(static_cast<double>(bytes));
    const Candidate candidate = choose(message);
    const auto cost = make_cost(setting_, question_.collective, candidate, inputs_);
    Prediction p;
    p.bytes = bytes;
    p.algorithm = candidate.algorithm;
    p.protocol = candidate.protocol;
    p.terms = cost->terms(inputs_, message);
    p.datasheet_bound = datasheet_bound(setting_, question_.collective, inputs_, message);
    raise_to_bound(p);
    for (const auto& term : p.terms) {
      p.time += term.time;
    }
    p.extrapolation = extrapolation();
    const Spread s = spread(*cost, inputs_, message, extras());
    p.low = std::max(p.time * std::exp(s.log_low), p.datasheet_bound);
    p.high = p.time * std::exp(s.log_high);
    p.drivers = s.drivers;
    p.provenance = weakest(s.drivers);
    p.nccl_estimate = nccl_estimate(candidate, message);
    return p;
  }

 private:
  [[nodiscard]] std::optional<NcclCell> cell_of(const Candidate& candidate) const {
    if (!tuner_) {
      return std::nullopt;
    }
    for (const NcclCell& cell : tuner_->cells(question_.collective)) {
      if (name(cell.algorithm) == candidate.algorithm &&
          name(cell.protocol) == candidate.protocol) {
        return cell;
      }
    }
    return std::nullopt;
  }

  // What NCCL does not have (hierarchical) is cut into as many channels as its tree.
  [[nodiscard]] int channels(const Candidate& candidate) const {
    if (const auto cell = cell_of(candidate)) {
      return cell->channels;
    }
    const auto cells = tuner_ ? tuner_->cells(question_.collective) : std::vector<NcclCell>{};
    return cells.empty() ? 1 : cells.front().channels;
  }

  void refuse_what_is_not_there() const {
    const std::string& wanted = question_.algorithm;
    if (wanted != "auto" && wanted != "best" &&
        std::none_of(candidates_.begin(), candidates_.end(), [&](const Candidate& c) {
          return matches(c, wanted, question_.protocol);
        })) {
      std::vector<std::string> known{"auto", "best"};
      for (const auto& c : candidates_) {
        if (std::find(known.begin(), known.end(), c.algorithm) == known.end()) {
          known.push_back(c.algorithm);
        }
      }
      throw unknown_name(
          fmt::format("algorithm for {} on {} ranks of this cluster",
                      name(question_.collective),
                      question_.ranks),
          question_.protocol.empty() ? wanted : wanted + " with " + question_.protocol,
          known,
          "--algorithm");
    }
    if (candidates_.empty()) {
      throw Error(fmt::format("no algorithm is known for {} on {} ranks",
                              name(question_.collective),
                              question_.ranks),
                  "--collective",
                  "another collective");
    }
    if (!question_.protocol.empty() && (wanted == "auto" || wanted == "best")) {
      throw Error(
          "a protocol alone cannot be forced", "--protocol", "name the algorithm too: --algorithm");
    }
  }

  [[nodiscard]] Seconds price(const Candidate& candidate, Bytes message) const {
    return make_cost(setting_, question_.collective, candidate, inputs_)->total(inputs_, message);
  }

  [[nodiscard]] Candidate fastest(const std::vector<Candidate>& among, Bytes message) const {
    return *std::min_element(
        among.begin(), among.end(), [&](const Candidate& a, const Candidate& b) {
          return price(a, message) < price(b, message);
        });
  }

  // NCCL's own estimate decides between candidates wherever NCCL has one: that is what will run.
  [[nodiscard]] Candidate chosen_by_nccl(const std::vector<Candidate>& among, Bytes message) const {
    const Candidate* best = nullptr;
    Seconds least;
    for (const auto& candidate : among) {
      const auto estimate = nccl_estimate(candidate, message);
      if (estimate && (best == nullptr || *estimate < least)) {
        best = &candidate;
        least = *estimate;
      }
    }
    return best != nullptr ? *best : fastest(among, message);
  }

  [[nodiscard]] Candidate choose(Bytes message) const {
    if (question_.algorithm == "best") {
      return fastest(candidates_, message);
    }
    std::vector<Candidate> among;
    for (const auto& candidate : candidates_) {
      if (question_.algorithm == "auto" ||
          matches(candidate, question_.algorithm, question_.protocol)) {
        among.push_back(candidate);
      }
    }
    return chosen_by_nccl(among, message);
  }

  [[nodiscard]] std::optional<Seconds> nccl_estimate(const Candidate& candidate,
                                                     Bytes message) const {
    const auto cell = cell_of(candidate);
    return cell ? std::optional(tuner_->estimate(*cell, question_.collective, message))
                : std::nullopt;
  }

  // Fitted efficiencies may lie slightly above 1, because the additive latency takes part of the
  // time of large messages. No forecast goes below what the links can carry.
  static void raise_to_bound(Prediction& p) {
    Seconds sum;
    for (const auto& term : p.terms) {
      sum += term.time;
    }
    if (sum < p.datasheet_bound) {
      p.terms.back().time += p.datasheet_bound - sum;
    }
  }

  [[nodiscard]] int known_ranks() const {
    const std::string kind = setting_.on_host() ? "host" : "gpu";
    const auto fitted = model_.fitted_ranks.find(kind);
    const int published = calibrated_ranks(setting_.on_host()   ? "host"
                                           : setting_.nodes > 1 ? "scale"
                                                                : "none");
    return fitted == model_.fitted_ranks.end() ? published : std::max(published, fitted->second);
  }

  [[nodiscard]] Extrapolation extrapolation() const {
    const int from = known_ranks();
    return {from, std::max(1.0, static_cast<double>(question_.ranks) / from)};
  }

  [[nodiscard]] std::vector<ExtraUncertainty> extras() const {
    const auto width = [this](const std::string& input) {
      const auto& q = inputs_.at(inputs_.index(input)).quantity;
      return std::pair(std::log(q.hi / q.value), q);
    };
    const auto extra = [](const std::string& what, double log_width, const Quantity<double>& q) {
      return ExtraUncertainty{what, log_width, q.provenance, q.source};
    };
    if (setting_.on_host()) {
      const auto [error, q] = width("host.model_form");
      return {extra("host.model_form", error, q)};
    }
    const auto [error, q] = width("model_form.known_scale");
    const auto [growth, per_doubling] = width("model_form.per_doubling");
    const double doublings = std::log2(extrapolation().ratio);
    return {extra("model_form.known_scale", error, q),
            extra("model_form.per_doubling", growth * doublings, per_doubling)};
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
  std::unique_ptr<NcclTuner> tuner_;
  std::vector<Candidate> candidates_;
};

std::vector<std::string> notes(const Cluster& cluster,
                               const Question& question,
                               const Setting& setting,
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
  if (setting.nodes > 1) {
    list.push_back(
        fmt::format("constants for {} come from published curves of up to {} ranks, the growth "
                    "with scale from up to {}",
                    setting.fabric_class,
                    calibrated_ranks(setting.fabric_class),
                    calibrated_ranks("scale")));
  }
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
  forecast.nccl_version = forecaster.shown_version();
  forecast.selection = question.algorithm;
  forecast.calibration = model.description;
  for (const std::uint64_t bytes : question.bytes) {
    forecast.predictions.push_back(forecaster.predict(bytes));
  }
  forecast.notes = notes(cluster, question, forecaster.setting(), forecast.predictions);
  return forecast;
}

}  // namespace fabricast
