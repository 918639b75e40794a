// A run of nccl-tests as its output describes it, text or JSON: what is printed, nothing concluded.
#pragma once

#include "importers/printed_number.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// Something about one line of a text, or one element of a JSON list.
struct Remark {
  int line = 0;
  std::string text;
};

/// The result of a row, out of place or in place.
struct PrintedResult {
  PrintedNumber time_us;
  PrintedNumber algbw_GBps;
  PrintedNumber busbw_GBps;
  std::optional<std::uint64_t> wrong;  // nothing: not checked
  std::vector<double> samples_us;      // per iteration, slowest process; mostly not printed
};

struct PrintedRow {
  int line = 0;
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
  std::string type;
  std::string redop;  // "" where the layout has none or leaves it blank
  std::string root;   // likewise
  std::optional<PrintedResult> out_of_place;
  std::optional<PrintedResult> in_place;
};

/// A rank's line under "Using devices".
struct PrintedDevice {
  int line = 0;
  int rank = 0;
  int group = 0;
  std::string host;
  std::string device;  // "0 [0000:1b:00]"
  std::string gpu;
};

struct NcclTestsRun {
  int line = 0;         // where its table, or else the run, begins
  std::string program;  // "all_reduce_perf"; "" where the output does not say
  std::vector<std::string>
      mentions;            // command lines and the file's name: they may tell the program
  std::string parameters;  // "nThread 1 nGpus 1 minBytes 8 ..."
  std::string tests_version;
  std::string nccl_version;
  std::string time;         // start, where the output says
  int calls = 0;            // that a time is the mean of; 0: not said
  bool cpu_time = false;    // the time column is the CPU's (-C), the rates are not
  bool names_redop = true;  // columns of the table; before 2022 it has those that it needs
  bool names_root = true;
  std::vector<PrintedDevice> devices;
  int ranks_per_device_line = 1;  // JSON lists the first device of a process only
  std::vector<PrintedRow> rows;
  std::vector<Remark> skipped;  // rows that cannot be read
  std::vector<Remark> foreign;  // lines between rows that are not of the table
  std::vector<Remark> failures;
  bool complete = false;  // the closing lines are there
};

/// Of two counts from a file, which may be anything: at least one of the second, at most an int.
inline int capped_product(int a, int b) {
  const std::int64_t product = static_cast<std::int64_t>(a) * std::max(1, b);
  return static_cast<int>(std::min<std::int64_t>(product, std::numeric_limits<int>::max()));
}

}  // namespace fabricast
