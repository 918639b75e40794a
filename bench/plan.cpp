#include "bench/plan.hpp"

#include "core/error.hpp"
#include "core/names.hpp"
#include "core/pattern.hpp"
#include "core/size.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

namespace {

bool wants_all(const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), "all") != list.end();
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// The rows of `table` that the words name, `standard` without any.
template <typename Id, typename Table, typename Find>
std::vector<Id> selected(const std::vector<std::string>& words,
                         const char* what,
                         const Table& table,
                         Find find,
                         Id standard) {
  std::vector<Id> chosen;
  if (wants_all(words)) {
    for (const auto& row : table) {
      chosen.push_back(row.id);
    }
    return chosen;
  }
  for (const auto& word : words) {
    const auto found = find(word);
    if (!found) {
      throw unknown_name(what, word, names_of(table));
    }
    chosen.push_back(*found);
  }
  return chosen.empty() ? std::vector{standard} : chosen;
}

std::vector<Offer> selected_offers(const Selection& selection, const Backend& backend) {
  const std::vector<Offer> offers = backend.offers();
  if (selection.collectives.empty() || wants_all(selection.collectives)) {
    return offers;
  }
  std::vector<std::string> known;
  for (const auto& offer : offers) {
    known.emplace_back(name(offer.collective));
  }
  std::vector<Offer> chosen;
  for (const auto& word : selection.collectives) {
    const auto at = std::find(known.begin(), known.end(), word);
    if (at == known.end()) {
      throw unknown_name("collective of the " + backend.name() + " backend", word, known);
    }
    chosen.push_back(offers[static_cast<std::size_t>(at - known.begin())]);
  }
  return chosen;
}

void refuse_unknown_algorithms(const Selection& selection, const std::vector<Offer>& offers) {
  std::vector<std::string> known{"all"};
  for (const auto& offer : offers) {
    for (const auto& algorithm : offer.algorithms) {
      if (!contains(known, algorithm)) {
        known.push_back(algorithm);
      }
    }
  }
  for (const auto& word : selection.algorithms) {
    if (!contains(known, word)) {
      throw unknown_name("algorithm", word, known);
    }
  }
}

bool selects(const Selection& selection, const Offer& offer, const std::string& algorithm) {
  if (selection.algorithms.empty()) {
    return algorithm == "library" || !contains(offer.algorithms, "library");
  }
  return wants_all(selection.algorithms) || contains(selection.algorithms, algorithm);
}

// Bytes of one element of the count argument: a block's worth on every rank where there are blocks.
std::uint64_t grain(Collective collective, DataType type, const Backend& backend) {
  const auto blocks =
      static_cast<std::uint64_t>(info(collective).blocks_per_rank ? backend.ranks() : 1);
  return blocks * static_cast<std::uint64_t>(info(type).bytes);
}

std::vector<std::uint64_t> exact_counts(const Selection& selection,
                                        Collective collective,
                                        std::uint64_t grain,
                                        const Backend& backend) {
  std::vector<std::uint64_t> counts;
  for (const std::uint64_t bytes : selection.bytes) {
    if (bytes % grain != 0) {
      throw Error(fmt::format("{}: {} do not split over {} ranks",
                              name(collective),
                              format_size(bytes),
                              backend.ranks()),
                  "--bytes",
                  fmt::format("a multiple of {} B; or -b, -e and -f, which round down", grain));
    }
    counts.push_back(bytes / grain);
  }
  return counts;
}

std::vector<std::uint64_t> sweep_counts(const Selection::Sweep& sweep, std::uint64_t grain) {
  if (sweep.min > sweep.max || sweep.factor < 2 || sweep.min == 0) {
    throw Error(fmt::format("no sizes from {} to {} by a factor of {}",
                            format_size(sweep.min),
                            format_size(sweep.max),
                            sweep.factor),
                "-b, -e, -f",
                "0 < -b <= -e, and -f of at least 2");
  }
  std::vector<std::uint64_t> counts;
  for (std::uint64_t bytes = sweep.min;; bytes *= sweep.factor) {
    const std::uint64_t count = bytes / grain;
    if (count > 0 && (counts.empty() || counts.back() != count)) {
      counts.push_back(count);
    }
    if (bytes > sweep.max / sweep.factor) {
      return counts;
    }
  }
}

std::vector<std::uint64_t> selected_counts(const Selection& selection,
                                           Collective collective,
                                           DataType type,
                                           const Backend& backend) {
  const std::uint64_t unit = grain(collective, type, backend);
  if (!selection.counts.empty()) {
    return selection.counts;
  }
  return selection.bytes.empty() ? sweep_counts(selection.sweep, unit)
                                 : exact_counts(selection, collective, unit, backend);
}

// Out of place and in place, as far as asked for and as the collective can.
std::vector<bool> placements(Selection::InPlace asked, Collective collective) {
  std::vector<bool> list;
  if (asked != Selection::InPlace::kYes) {
    list.push_back(false);
  }
  if (asked != Selection::InPlace::kNo && info(collective).in_place) {
    list.push_back(true);
  }
  return list;
}

// Every type, operator, placement and size of one algorithm; only what reduces has operators.
std::vector<Case> cases_of(const Selection& selection,
                           Collective collective,
                           const std::string& algorithm,
                           const std::vector<DataType>& types,
                           const std::vector<ReduceOp>& ops,
                           const Backend& backend) {
  std::vector<Case> cases;
  for (const DataType type : types) {
    const auto counts = selected_counts(selection, collective, type, backend);
    for (const ReduceOp op : info(collective).reduces ? ops : std::vector{ReduceOp::kSum}) {
      for (const bool in_place : placements(selection.in_place, collective)) {
        for (const std::uint64_t count : counts) {
          cases.push_back({collective, algorithm, type, count, op, in_place});
        }
      }
    }
  }
  return cases;
}

// A reason is said once, not once per size.
void note(std::vector<std::string>& skipped, std::string line) {
  if (!contains(skipped, line)) {
    skipped.push_back(std::move(line));
  }
}

}  // namespace

Plan plan_cases(const Selection& selection, const Backend& backend) {
  const std::vector<Offer> offers = selected_offers(selection, backend);
  refuse_unknown_algorithms(selection, offers);
  const auto types =
      selected(selection.types, "type", kDataTypes, find_data_type, DataType::kFloat32);
  const auto ops = selected(selection.ops, "operator", kReduceOps, find_reduce_op, ReduceOp::kSum);
  Plan plan;
  for (const auto& offer : offers) {
    bool any = false;
    for (const auto& algorithm : offer.algorithms) {
      if (!selects(selection, offer, algorithm)) {
        continue;
      }
      any = true;
      for (const Case& c : cases_of(selection, offer.collective, algorithm, types, ops, backend)) {
        std::string reason = backend.why_not(c);
        if (reason.empty() && info(c.collective).reduces) {
          reason = why_not_exact(c.op, c.type, backend.ranks());
        }
        if (reason.empty()) {
          plan.cases.push_back(c);
        } else {
          note(plan.skipped, fmt::format("{} {}: {}", algorithm, name(c.collective), reason));
        }
      }
    }
    if (!any) {
      note(plan.skipped,
           fmt::format("{}: none of the algorithms asked for", name(offer.collective)));
    }
  }
  return plan;
}

}  // namespace fabricast
