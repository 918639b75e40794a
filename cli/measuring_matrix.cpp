#include "cli/measuring_matrix.hpp"

#include "bench/launcher.hpp"
#include "cli/options.hpp"
#include "core/chosen.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

namespace fabricast {

namespace {

constexpr const char* kLibrary = "library";

using MaybeCell = std::optional<ChoiceCell>;  // nothing: NCCL's choice

std::string label(const MaybeCell& cell) { return cell ? text(*cell) : kLibrary; }

MaybeCell read_cell(const std::string& words) {
  return words == kLibrary ? std::nullopt : MaybeCell(parse_cell(words));
}

bool has_choice(const MaybeCell& cell, Collective collective) {
  if (cell) {
    return can_run(*cell, collective);
  }
  const auto cells = forcible_cells({});
  return std::any_of(
      cells.begin(), cells.end(), [&](const ChoiceCell& c) { return can_run(c, collective); });
}

// Of the collectives asked for, those that the cell can run.
std::vector<std::string> collectives_of(const MaybeCell& cell,
                                        const std::vector<std::string>& asked) {
  const bool all = asked.empty() || std::find(asked.begin(), asked.end(), "all") != asked.end();
  std::vector<std::string> list;
  for (const CollectiveInfo& row : kCollectives) {
    const bool wanted = all || std::find(asked.begin(), asked.end(), row.name) != asked.end();
    if (wanted && has_choice(cell, row.id)) {
      list.emplace_back(row.name);
    }
  }
  return list;
}

void refuse_settings_of_the_user() {
  for (const auto& [name, value] : settings_for({"ring", "ll"})) {
    if (const char* set = std::getenv(name.c_str()); set != nullptr) {
      throw Error(fmt::format("{}={} is set", name, set),
                  "--force, --matrix",
                  fmt::format("unset {}, or leave the option out", name));
    }
  }
}

// --matrix alone leaves an empty word.
std::vector<ChoiceCell> cells_of(const MatrixOptions& options) {
  std::vector<std::string> algorithms = options.algorithms;
  std::erase(algorithms, "");
  return forcible_cells(algorithms);
}

void refuse_bad_usage(const MatrixOptions& options, const MeasureOptions& measure) {
  if (under_launcher()) {
    throw Error("a matrix starts one job per cell, so it cannot be part of a job",
                "--matrix",
                "this command without mpirun or srun, and --launch \"mpirun -np 8\"");
  }
  if (measure.records_file.empty()) {
    throw Error(
        "the cells of a matrix hand over their rows in a file", "--matrix", "-o FILE.jsonl");
  }
  refuse_settings_of_the_user();
  cells_of(options);  // their names
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  return words;
}

std::vector<std::string> command_of(const MaybeCell& cell, const MatrixOptions& options) {
  std::vector<std::string> command = words_of(options.launch);
  command.push_back(own_executable());
  command.insert(command.end(), command_words().begin() + 1, command_words().end());
  command.insert(command.end(), {"--force", label(cell)});
  return command;
}

// The program's own error, of all that was said.
std::string reason_in(const std::string& last_words) {
  constexpr std::string_view kStart = "fabricast: ";
  const auto at = last_words.rfind(kStart);
  if (at == std::string::npos) {
    return "see the messages above";
  }
  const std::string text = last_words.substr(at + kStart.size());
  return text.substr(0, text.find('\n'));
}

// NCCL before 2.24 runs something else where it cannot run what it was forced to.
std::string instead_of(const MaybeCell& cell, const Record& r) {
  if (!cell || !r.chosen || r.chosen->cell == *cell) {
    return "";
  }
  return fmt::format("{}: NCCL ran {} in its place", name(r.collective), text(r.chosen->cell));
}

class Matrix {
 public:
  Matrix(const MatrixOptions& options, const MeasureOptions& measure)
      : options_(options), measure_(measure), rows_(rows_in_file().size()) {}

  MatrixResult run() {
    std::vector<MaybeCell> cells{std::nullopt};
    for (const ChoiceCell& cell : cells_of(options_)) {
      cells.emplace_back(cell);
    }
    for (std::size_t i = 0; i < cells.size() && result_.cut_short.empty(); ++i) {
      fmt::print(stderr, "cell {} of {}: {}\n", i + 1, cells.size(), label(cells[i]));
      run(cells[i]);
    }
    return std::move(result_);
  }

 private:
  void run(const MaybeCell& cell) {
    if (collectives_of(cell, measure_.selection.collectives).empty()) {
      skip(cell, "it runs none of these collectives");
      return;
    }
    const ChildResult child = run_child(command_of(cell, options_));
    take_rows(cell);
    const auto code = static_cast<ExitCode>(child.exit_code);
    if (child.interrupted) {
      result_.cut_short = label(cell) + ", which was interrupted";
    } else if (code == ExitCode::kBadInput && cell) {
      skip(cell, reason_in(child.last_words));
    } else if (code == ExitCode::kBadInput) {
      throw Error(reason_in(child.last_words), "the run without --force", "see the messages above");
    } else if (code != ExitCode::kGood && code != ExitCode::kVerdictFailed) {
      result_.cut_short = fmt::format("{}, which ended with exit code {}: {}",
                                      label(cell),
                                      child.exit_code,
                                      reason_in(child.last_words));
    }
  }

  void skip(const MaybeCell& cell, const std::string& reason) {
    const std::string line = label(cell) + ": " + reason;
    if (result_.skipped.empty() || result_.skipped.back() != line) {
      result_.skipped.push_back(line);
    }
  }

  void take_rows(const MaybeCell& cell) {
    const std::vector<Record> all = rows_in_file();
    for (; rows_ < all.size(); ++rows_) {
      if (const std::string other = instead_of(cell, all[rows_]); !other.empty()) {
        skip(cell, other);
        continue;
      }
      result_.wrong_elements += all[rows_].wrong_elements;
      result_.records.push_back(all[rows_]);
    }
  }

  [[nodiscard]] std::vector<Record> rows_in_file() const {
    const std::string& file = measure_.records_file;
    return std::filesystem::exists(file) ? read_jsonl(file).records : std::vector<Record>{};
  }

  const MatrixOptions& options_;
  const MeasureOptions& measure_;
  std::size_t rows_;  // of the file, that were seen
  MatrixResult result_;
};

}  // namespace

void add_matrix_options(CLI::App& app, MatrixOptions& options) {
  options.option = add_list(app,
                            "--matrix",
                            options.algorithms,
                            "One run per algorithm and protocol that NCCL can be forced to: ring, "
                            "tree, nvls ..., or all (default: all)")
                       ->expected(0, -1);
  app.add_option("--launch",
                 options.launch,
                 "What starts each run of a matrix, such as \"mpirun -np 8\" (default: nothing)")
      ->type_name("WORDS");
}

MatrixResult measure_matrix(const MatrixOptions& options, const MeasureOptions& measure) {
  refuse_bad_usage(options, measure);
  return Matrix(options, measure).run();
}

void refuse_unfinished(const MatrixResult& result) {
  if (!result.cut_short.empty()) {
    throw Error("the matrix ended at " + result.cut_short,
                "",
                "finished rows are in the records file",
                ExitCode::kCutShort);
  }
  if (result.wrong_elements > 0) {
    throw Error(fmt::format("{} wrong elements were found", result.wrong_elements),
                "the records file",
                "do not use these figures; check memory, driver and library",
                ExitCode::kVerdictFailed);
  }
}

void force_cell(const std::string& words, MeasureOptions& measure) {
  const MaybeCell cell = read_cell(words);
  if (measure.job.backend != "auto" && measure.job.backend != "nccl") {
    throw Error("only NCCL can be forced", "--force, --matrix", "--backend nccl");
  }
  measure.job.backend = "nccl";
  std::vector<std::string>& collectives = measure.selection.collectives;
  collectives = collectives_of(cell, collectives);
  if (collectives.empty()) {
    throw Error(label(cell) + " runs none of these collectives",
                "--collective",
                "all_reduce, all_gather, reduce_scatter; broadcast and reduce by rings");
  }
  refuse_settings_of_the_user();
  for (const auto& [name, value] : cell ? settings_for(*cell) : decltype(settings_for(*cell)){}) {
    setenv(name.c_str(), value.c_str(), 1);
  }
}

}  // namespace fabricast
