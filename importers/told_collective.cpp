#include "importers/told_collective.hpp"

#include "core/datatype.hpp"
#include "core/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <ranges>
#include <string_view>

namespace fabricast {

namespace {

// How nccl-tests names a collective, and what its rows print of an operation and a root.
struct Program {
  std::string_view name;  // without '_' and "perf"
  std::optional<Collective> collective;
  bool prints_operation;
};

// Longer names first: "allreduce" holds "reduce". What is not in core's table has no collective.
constexpr std::array kPrograms{
    Program{"reducescatter", Collective::kReduceScatter, true },
    Program{"alltoallv",     std::nullopt,               false},
    Program{"hypercube",     std::nullopt,               false},
    Program{"allreduce",     Collective::kAllReduce,     true },
    Program{"allgather",     Collective::kAllGather,     false},
    Program{"broadcast",     Collective::kBroadcast,     false},
    Program{"alltoall",      Collective::kAllToAll,      false},
    Program{"sendrecv",      Collective::kSendRecv,      true },
    Program{"scatter",       Collective::kScatter,       false},
    Program{"gather",        Collective::kGather,        false},
    Program{"reduce",        Collective::kReduce,        true },
};

std::string plain(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c != '_' && c != '-') {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return letters;
}

// The programs that a text names; a name inside a longer one does not count.
std::vector<const Program*> programs_in(std::string_view text) {
  std::string letters = plain(text);
  std::vector<const Program*> found;
  for (const Program& program : kPrograms) {
    bool named = false;
    for (auto at = letters.find(program.name); at != std::string::npos;
         at = letters.find(program.name, at)) {
      letters.replace(at, program.name.size(), program.name.size(), ' ');
      named = true;
    }
    if (named) {
      found.push_back(&program);
    }
  }
  return found;
}

// [low, high] overlaps the interval of the printed number; a hair is left for the binary form.
bool may_be(const PrintedNumber& printed, double low, double high) {
  constexpr double kHair = 1e-9;
  return printed.high() * (1 + kHair) >= low && printed.low() * (1 - kHair) <= high;
}

// GB/s of so many bytes in the time that was printed, lowest and highest.
std::pair<double, double> rate(double bytes, const PrintedNumber& time_us) {
  const double infinity = std::numeric_limits<double>::infinity();
  return {bytes * 1e-3 / time_us.high(),
          time_us.low() > 0 ? bytes * 1e-3 / time_us.low() : infinity};
}

// Before 2022 a table has the columns that its collective needs (and all-to-all one that it leaves
// blank); since then it has both, with "none" and -1 where they do not apply.
bool has_columns_of(const NcclTestsRun& run, const CollectiveInfo& collective) {
  const bool redop = collective.reduces || collective.id == Collective::kAllToAll;
  return (run.names_redop && run.names_root) ||
         (run.names_redop == redop && run.names_root == collective.rooted);
}

bool printed_as(const PrintedRow& row, const Program& program) {
  const CollectiveInfo& collective = info(*program.collective);
  if (!row.root.empty() && (row.root != "-1") != collective.rooted) {
    return false;
  }
  if (row.redop.empty()) {
    return !collective.reduces;
  }
  return (row.redop != "none") == program.prints_operation;
}

bool counts_as(const PrintedRow& row, Collective collective, int ranks) {
  const auto type = find_data_type(row.type);
  if (!type || row.bytes == 0 || row.count == 0) {
    return true;
  }
  const double blocks = info(collective).blocks_per_rank ? ranks : 1;
  return static_cast<double>(row.bytes) ==
         static_cast<double>(row.count) * blocks * info(*type).bytes;
}

bool possible(const PrintedRow& row, const Program& program, int ranks, bool cpu_time) {
  if (!printed_as(row, program) || !counts_as(row, *program.collective, ranks)) {
    return false;
  }
  return row.bytes == 0 || cpu_time || !row.out_of_place ||
         agrees(*program.collective, ranks, row.bytes, *row.out_of_place);
}

// The buffers of these alias in place, so that nccl-tests does not check the result.
bool checked_out_of_place_only(const NcclTestsRun& run) {
  return std::any_of(run.rows.begin(), run.rows.end(), [](const PrintedRow& row) {
    return row.out_of_place && row.out_of_place->wrong && row.in_place && !row.in_place->wrong;
  });
}

bool checked_in_place(const NcclTestsRun& run) {
  return std::any_of(run.rows.begin(), run.rows.end(), [](const PrintedRow& row) {
    return row.in_place && row.in_place->wrong;
  });
}

bool aliases(Collective c) { return c == Collective::kAllToAll || c == Collective::kSendRecv; }

// Those that most rows fit to. A few rows may be broken; small sizes fit to any collective.
std::vector<Collective> told_by_rows(const NcclTestsRun& run, int ranks) {
  std::vector<Collective> list;
  long best = static_cast<long>(0.8 * static_cast<double>(run.rows.size()));
  for (const Program& program : kPrograms) {
    if (!program.collective || !has_columns_of(run, info(*program.collective))) {
      continue;
    }
    const long fits = std::count_if(run.rows.begin(), run.rows.end(), [&](const PrintedRow& row) {
      return possible(row, program, ranks, run.cpu_time);
    });
    if (fits > best) {
      best = fits;
      list.clear();
    }
    if (fits == best) {
      list.push_back(*program.collective);
    }
  }
  if (list.size() > 1 && (checked_out_of_place_only(run) || checked_in_place(run))) {
    const bool alias = checked_out_of_place_only(run);
    std::erase_if(list, [alias](Collective c) { return aliases(c) != alias; });
  }
  return list;
}

std::string names(const std::vector<Collective>& list) {
  std::string text;
  for (const Collective c : list) {
    text += (text.empty() ? "" : ", ") + std::string(name(c));
  }
  return text;
}

bool contains(const std::vector<Collective>& list, Collective c) {
  return std::find(list.begin(), list.end(), c) != list.end();
}

// The last mention is the nearest to the table.
ToldCollective told_by_mentions(const NcclTestsRun& run, const std::vector<Collective>& possible) {
  ToldCollective told;
  for (const std::string& mention : std::views::reverse(run.mentions)) {
    const auto programs = programs_in(mention);
    if (programs.size() != 1 || told.collective) {
      continue;
    }
    const auto collective = programs.front()->collective;
    if (collective && contains(possible, *collective)) {
      told.collective = collective;
      told.how = fmt::format("by '{}' and its rows", mention);
    } else {
      told.remarks.push_back(fmt::format("'{}' does not fit to the rows, which could be of: {}",
                                         mention,
                                         possible.empty() ? "no collective" : names(possible)));
    }
  }
  return told;
}

}  // namespace

ToldCollective tell_collective(const NcclTestsRun& run,
                               int ranks,
                               std::optional<Collective> named) {
  if (named) {
    return {named, "by --collective", "", {}};
  }
  if (const auto programs = programs_in(run.program); !programs.empty()) {
    if (!programs.front()->collective) {
      return {std::nullopt, "", run.program + " is not among the collectives of fabricast", {}};
    }
    return {programs.front()->collective, "by the output", "", {}};
  }
  const std::vector<Collective> list = told_by_rows(run, ranks);
  ToldCollective told = told_by_mentions(run, list);
  if (list.size() == 1) {
    told.collective = list.front();
    told.how = "by its rows";
  } else if (list.empty()) {
    told.problem = fmt::format("no collective on {} ranks has these rates and columns", ranks);
  } else if (!told.collective) {
    told.problem = "the rows could be of " + names(list);
  }
  return told;
}

bool agrees(Collective collective, int ranks, std::uint64_t bytes, const PrintedResult& result) {
  const auto [low, high] = rate(static_cast<double>(bytes), result.time_us);
  const double factor = ranks > 1 ? info(collective).bus_factor(ranks) : 0;
  const bool older =
      collective == Collective::kAllGather || collective == Collective::kReduceScatter;
  return (may_be(result.algbw_GBps, low, high) ||
          (older && may_be(result.algbw_GBps, factor * low, factor * high))) &&
         may_be(result.busbw_GBps, factor * low, factor * high);
}

}  // namespace fabricast
