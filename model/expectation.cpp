#include "model/expectation.hpp"

#include "core/error.hpp"
#include "model/collective/nccl_tuner.hpp"
#include "model/collective/predict.hpp"
#include "model/suspects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace fabricast {

namespace {

// Printed times and datasheet rates are rounded: this much below the bound proves nothing.
constexpr double kBoundSlack = 0.98;
// Explanations that are hardly better than none are not worth a look.
constexpr double kLeastGain = 0.5;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool on_host(const Cluster& cluster) {
  return cluster.pools.front().node.gpu.architecture == "cpu";
}

// "" or why there is nothing to compare this record with.
std::string why_not(const Record& r, const Cluster& cluster) {
  if (!r.valid()) {
    return r.samples_us.empty() ? "nothing was timed" : "wrong results";
  }
  if (r.ranks < 2) {
    return "one rank: nothing crossed a link";
  }
  if (r.bytes == 0 || r.summary().median <= 0) {
    return "no bytes, or no time";
  }
  if (r.oversubscribed) {
    return "ranks shared a processor or GPU";
  }
  if (!r.settings.empty()) {
    return "measured with settings of the user's, which the model does not price";
  }
  if (on_host(cluster) != (r.backend == "mpi")) {
    return on_host(cluster) ? "measured on GPUs, the cluster is of host ranks (--cluster)"
                            : "measured on host buffers, the cluster is of GPUs (--cluster)";
  }
  if (r.backend == "mpi" && r.algorithm == "library") {
    return "the MPI library does not say which algorithm it ran";
  }
  return "";
}

// "h100" of "h100-sxm5-80" is to be found in "NVIDIA H100 80GB HBM3".
bool names_gpu(const std::string& machine, const std::string& gpu) {
  const std::string model = gpu.substr(0, gpu.find('-'));
  return std::search(
             machine.begin(), machine.end(), model.begin(), model.end(), [](char a, char b) {
               return std::tolower(static_cast<unsigned char>(a)) == b;
             }) != machine.end();
}

// Everything that needs one prediction: rows that differ in size and placement only.
class CurveJudge {
 public:
  CurveJudge(const Cluster& cluster, const Model& model, const std::string& nccl_version)
      : cluster_(cluster), model_(model), asked_version_(nccl_version) {}

  ExpectedCurve judge(const std::vector<const Record*>& records) {
    const Record& first = *records.front();
    ExpectedCurve curve;
    curve.collective = first.collective;
    curve.ranks = first.ranks;
    curve.ranks_per_node = first.ranks_per_node;
    for (const Record* r : records) {
      curve.rows.push_back({r, Verdict::kUnknown, why_not(*r, cluster_), std::nullopt, 0});
    }
    price(curve, first);
    for (ExpectedRow& row : curve.rows) {
      judge(row);
    }
    explain(curve);
    return curve;
  }

 private:
  // A version that the model does not know is replaced by the newest, and the curve says so.
  std::string version_for(const Record& r, ExpectedCurve& curve) const {
    const auto said = r.origin.versions.find("nccl");
    const std::string wanted =
        !asked_version_.empty() || said == r.origin.versions.end() ? asked_version_ : said->second;
    try {
      NcclTopology any;
      any.architecture = "hopper";
      any.cpu = "intel";
      const NcclTuner known(wanted.empty() ? std::string(kDefaultNcclVersion) : wanted, any);
      if (wanted.empty()) {
        curve.notes.push_back(
            fmt::format("the records do not say their NCCL: {} is assumed", kDefaultNcclVersion));
      }
      return known.version();
    } catch (const Error&) {
      if (!asked_version_.empty()) {
        throw;
      }
      curve.notes.push_back(fmt::format(
          "NCCL {} is not known: judged as if it chose like {}", wanted, kDefaultNcclVersion));
      return std::string(kDefaultNcclVersion);
    }
  }

  void price(ExpectedCurve& curve, const Record& first) {
    question_ = {first.collective, first.ranks, first.ranks_per_node, {}, "auto", "", ""};
    for (const auto& row : curve.rows) {
      if (row.why_unknown.empty()) {
        question_.bytes.push_back(row.record->bytes);
      }
    }
    if (question_.bytes.empty()) {
      return;
    }
    question_.algorithm = first.algorithm == "library" ? "auto" : first.algorithm;
    question_.protocol = first.asked().protocol;
    if (!on_host(cluster_)) {
      question_.nccl_version = curve.nccl_version = version_for(first, curve);
      const std::string& gpu = cluster_.pools.front().node.gpu.name;
      if (!first.origin.machine.empty() && !names_gpu(first.origin.machine, gpu)) {
        curve.notes.push_back(
            fmt::format("measured on {}, the cluster has {}", first.origin.machine, gpu));
      }
    }
    try {
      const Forecast forecast = predict(cluster_, question_, model_);
      std::size_t next = 0;
      for (ExpectedRow& row : curve.rows) {
        if (row.why_unknown.empty()) {
          row.expected = forecast.predictions[next++];
        }
      }
    } catch (const Error& error) {
      for (ExpectedRow& row : curve.rows) {
        row.why_unknown = row.why_unknown.empty() ? first_line(error.what()) : row.why_unknown;
      }
    }
  }

  static Seconds measured(const ExpectedRow& row) {
    return microseconds(row.record->summary().median);
  }

  static void judge(ExpectedRow& row) {
    if (!row.expected) {
      return;
    }
    const Seconds time = measured(row);
    row.ratio = time / row.expected->time;
    row.verdict = time < row.expected->datasheet_bound * kBoundSlack ? Verdict::kTooFast
                  : time > row.expected->high                        ? Verdict::kSlow
                                                                     : Verdict::kGood;
  }

  void explain(ExpectedCurve& curve) const {
    std::vector<const ExpectedRow*> slow;
    bool too_fast = false;
    for (const auto& row : curve.rows) {
      if (row.verdict == Verdict::kSlow) {
        slow.push_back(&row);
      }
      too_fast |= row.verdict == Verdict::kTooFast;
    }
    if (!slow.empty()) {
      explain_slow(curve, slow);
    }
    if (too_fast) {
      curve.causes.push_back({"another wiring",
                              "the links are faster than the cluster's file says, the switches "
                              "reduce (SHARP), or fewer nodes took part than the records say",
                              0});
      curve.causes.push_back({"no data moved",
                              "the sizes or the collective of the records are wrong, or results "
                              "were not checked",
                              0});
    }
  }

  // Latency decides the time of messages below the plateau: links explain nothing there.
  static bool below_plateau(const ExpectedRow& row) {
    Seconds bytes;
    for (const auto& term : row.expected->terms) {
      bytes += term.name.ends_with("bytes") ? term.time : Seconds(0);
    }
    return bytes < 0.5 * row.expected->time;
  }

  // The rows that a fault must explain: the slow ones and all larger ones, for links that are slow
  // stay slow.
  static std::vector<const ExpectedRow*> to_explain(const ExpectedCurve& curve) {
    std::uint64_t smallest = ~std::uint64_t{0};
    for (const auto& row : curve.rows) {
      if (row.verdict == Verdict::kSlow && !below_plateau(row)) {
        smallest = std::min(smallest, row.record->bytes);
      }
    }
    std::vector<const ExpectedRow*> rows;
    for (const auto& row : curve.rows) {
      if (row.expected && row.record->bytes >= smallest) {
        rows.push_back(&row);
      }
    }
    return rows;
  }

  void explain_slow(ExpectedCurve& curve, const std::vector<const ExpectedRow*>& slow) const {
    const auto larger_is_good = [&curve](const ExpectedRow* row) {
      return std::any_of(curve.rows.begin(), curve.rows.end(), [row](const ExpectedRow& other) {
        return other.verdict == Verdict::kGood && other.record->bytes > row->record->bytes;
      });
    };
    const auto small = std::count_if(slow.begin(), slow.end(), [&](const ExpectedRow* row) {
      return below_plateau(*row) || larger_is_good(row);
    });
    if (small > 0) {
      curve.causes.push_back(
          {"size below the plateau",
           fmt::format(
               "{} of {} slow rows are latency, or larger sizes reach what is expected: not "
               "the links, but launch, processor clocks, jitter, the protocol",
               small,
               slow.size()),
           0});
    }
    const std::vector<const ExpectedRow*> rows = to_explain(curve);
    if (!on_host(cluster_) && !rows.empty()) {
      add_suspects(curve, rows);
    }
    if (curve.causes.empty()) {
      curve.notes.emplace_back("no single cause that is known explains the slow rows");
    }
  }

  void add_suspects(ExpectedCurve& curve, const std::vector<const ExpectedRow*>& rows) const {
    const double unexplained =
        distance(rows, [](const ExpectedRow& r) { return r.expected->time; });
    const ExpectedRow& largest =
        **std::max_element(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
          return a->record->bytes < b->record->bytes;
        });
    const int nodes = curve.ranks / std::max(1, curve.ranks_per_node);
    std::vector<Cause> causes;
    for (const Suspect& s : suspects(cluster_, question_, nodes, largest.expected->algorithm)) {
      if (const auto d = distance(s, rows); d && *d < kLeastGain * unexplained) {
        causes.push_back({s.name, s.text, *d});
      }
    }
    std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
      return a.distance < b.distance;
    });
    keep_best_of_a_kind(causes);
    curve.causes.insert(curve.causes.end(), causes.begin(), causes.end());
  }

  // Of "1 of 8 NICs missing", "2 of 8 NICs missing"... only the nearest.
  static void keep_best_of_a_kind(std::vector<Cause>& causes) {
    std::vector<std::string> texts;
    std::erase_if(causes, [&texts](const Cause& cause) {
      const bool seen = std::find(texts.begin(), texts.end(), cause.text) != texts.end();
      texts.push_back(cause.text);
      return seen;
    });
  }

  template <typename TimeOf>
  static double distance(const std::vector<const ExpectedRow*>& rows, TimeOf time_of) {
    double sum = 0;
    for (const auto* row : rows) {
      sum += std::abs(std::log(measured(*row) / time_of(*row)));
    }
    return sum / static_cast<double>(rows.size());
  }

  [[nodiscard]] std::optional<double> distance(const Suspect& suspect,
                                               const std::vector<const ExpectedRow*>& rows) const {
    Question question = suspect.question;
    question.bytes.clear();
    for (const auto* row : rows) {
      question.bytes.push_back(row->record->bytes);
    }
    try {
      const Forecast forecast = predict(suspect.cluster, question, model_);
      std::map<std::uint64_t, Seconds> times;
      for (const auto& p : forecast.predictions) {
        times[p.bytes] = p.time;
      }
      return distance(rows, [&times](const ExpectedRow& row) { return times[row.record->bytes]; });
    } catch (const Error&) {  // this cluster or collective does not have it
      return std::nullopt;
    }
  }

  const Cluster& cluster_;
  const Model& model_;
  const std::string& asked_version_;
  Question question_;
};

}  // namespace

int Expectation::count(Verdict verdict) const {
  int n = 0;
  for (const auto& curve : curves) {
    n += static_cast<int>(std::count_if(curve.rows.begin(), curve.rows.end(), [&](const auto& row) {
      return row.verdict == verdict;
    }));
  }
  return n;
}

Expectation expect(const std::vector<Record>& records,
                   const Cluster& cluster,
                   const Model& model,
                   const std::string& nccl_version) {
  using Key = std::tuple<Collective, DataType, int, int, std::string, std::string, std::string>;
  std::vector<std::pair<Key, std::vector<const Record*>>> groups;
  for (const Record& r : records) {
    const auto nccl = r.origin.versions.find("nccl");
    const Key key{r.collective,
                  r.type,
                  r.ranks,
                  r.ranks_per_node,
                  r.backend,
                  text(r.asked()),
                  nccl == r.origin.versions.end() ? "" : nccl->second};
    const auto group = std::find_if(
        groups.begin(), groups.end(), [&key](const auto& entry) { return entry.first == key; });
    if (group == groups.end()) {
      groups.push_back({key, {&r}});
    } else {
      group->second.push_back(&r);
    }
  }
  Expectation result;
  result.cluster = cluster.id;
  CurveJudge judge(cluster, model, nccl_version);
  for (const auto& [key, group] : groups) {
    result.curves.push_back(judge.judge(group));
  }
  return result;
}

}  // namespace fabricast
