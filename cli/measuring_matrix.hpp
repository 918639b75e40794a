// NCCL's algorithms and protocols one by one. NCCL reads NCCL_ALGO and NCCL_PROTO once per process,
// so each cell is a run of this program with --force.
#pragma once

#include "cli/measuring.hpp"
#include "core/record.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace fabricast {

struct MatrixOptions {
  const CLI::Option* option = nullptr;
  std::vector<std::string> algorithms;  // none: all
  std::string launch;                   // "mpirun -np 8": stands before each run; words by spaces

  [[nodiscard]] bool asked() const { return option != nullptr && option->count() > 0; }
};

void add_matrix_options(CLI::App& app, MatrixOptions& options);

struct MatrixResult {
  std::vector<Record> records;       // of all cells, NCCL's own choice first
  std::vector<std::string> skipped;  // "nvls_tree/simple: NCCL ... does not run ..."
  std::uint64_t wrong_elements = 0;
  std::string cut_short;  // "" or the cell during which it ended
};

/// Runs the program once as it was called with NCCL's own choice, and once per cell; their rows are
/// appended to the records file of `measure`. A cell that NCCL refuses is skipped with the reason;
/// one that dies or is interrupted ends the matrix. Throws Error for bad usage: no records file,
/// under a launcher, with the settings in the environment, or where already the first run fails.
MatrixResult measure_matrix(const MatrixOptions& options, const MeasureOptions& measure);

/// Throws Error with the exit code of wrong elements, or of a matrix that was cut short.
void refuse_unfinished(const MatrixResult& result);

/// What --force does: sets the variables for this process and leaves of the collectives those with
/// something to choose. Throws Error where none is left, or the backend cannot be NCCL.
void force_cell(const std::string& cell, MeasureOptions& measure);

}  // namespace fabricast
