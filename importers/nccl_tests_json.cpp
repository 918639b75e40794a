#include "importers/nccl_tests_json.hpp"

#include "core/error.hpp"
#include "importers/nccl_version_code.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace fabricast {

namespace {

using nlohmann::json;

constexpr int kDeepest = 64;

// The format is not ours and grows: what is missing is tolerated where a row does not need it, and
// unknown keys are.
template <typename T>
T value_or(const json& object, const char* key, T otherwise) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end()) {
    return otherwise;
  }
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    return otherwise;
  }
}

// Whole numbers only: a fraction or a number that does not fit is not a count.
std::uint64_t whole_or(const json& object, const char* key, std::uint64_t otherwise) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_number_unsigned()
             ? found->get<std::uint64_t>()
             : otherwise;
}

int count_or(const json& object, const char* key, int otherwise) {
  const std::uint64_t value = whole_or(object, key, ~std::uint64_t{0});
  return value < 1'000'000'000 ? static_cast<int>(value) : otherwise;
}

// Where the last whole element of "results" ends, for a file whose writer died; 0 without one.
class EndFinder {
 public:
  explicit EndFinder(const std::string& text) : text_(text) {}

  std::size_t end_of_last_result() {
    for (std::size_t i = 0; i < text_.size() && depth_ >= 0 && depth_ < kDeepest; ++i) {
      take(text_[i], i);
    }
    return end_;
  }

 private:
  void take(char c, std::size_t i) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
        in_results_ |= depth_ == 1 && text_.compare(start_, i + 1 - start_, "\"results\"") == 0;
      }
    } else if (c == '"') {
      in_string_ = true;
      start_ = i;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      --depth_;
      end_ = in_results_ && depth_ == 2 ? i + 1 : end_;
    }
  }

  const std::string& text_;
  std::size_t start_ = 0;
  std::size_t end_ = 0;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_results_ = false;
};

[[noreturn]] void refuse(const std::string& what, const std::string& file) {
  throw Error(what, file, "the JSON that nccl-tests writes with -J FILE.json");
}

// Deep nesting would overflow the stack of the parser.
bool too_deep(const std::string& text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      i += c == '\\' ? 1 : 0;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if ((c == '{' || c == '[') && ++depth > kDeepest) {
      return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

struct Parsed {
  json object;
  bool whole = true;
};

Parsed parse(const std::string& text, const std::string& file) {
  if (too_deep(text)) {
    refuse("this JSON is nested too deeply", file);
  }
  json object = json::parse(text, nullptr, false);
  if (!object.is_discarded()) {
    return {std::move(object), true};
  }
  const std::size_t end = EndFinder(text).end_of_last_result();
  if (end > 0) {
    object = json::parse(text.substr(0, end) + "]}", nullptr, false);
  }
  if (end == 0 || object.is_discarded()) {
    refuse("this is not JSON, or it ends before its first result", file);
  }
  return {std::move(object), false};
}

PrintedDevice device_of(const json& j) {
  PrintedDevice device;
  device.rank = count_or(j, "rank", -1);
  device.group = count_or(j, "group", 0);
  device.host = value_or<std::string>(j, "hostname", "");
  device.device =
      fmt::format("{} [{}]", count_or(j, "device", 0), value_or<std::string>(j, "device_hex", ""));
  device.gpu = value_or<std::string>(j, "device_info", "");
  return device;
}

// Numbers are written with six decimals; NaN is the text "nan".
std::optional<PrintedNumber> number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) {
    return std::nullopt;
  }
  return PrintedNumber{found->get<double>(), 0.5e-6};
}

// `null` where checking was off; "nan" counts as wrong.
std::optional<std::uint64_t> wrong_of(const json& object) {
  const auto found = object.find("nwrong");
  if (found == object.end() || found->is_null()) {
    return std::nullopt;
  }
  const double wrong = found->is_number() ? found->get<double>() : NAN;
  return wrong >= 0 && wrong < 1e18 ? static_cast<std::uint64_t>(wrong) : 1;
}

std::optional<PrintedResult> result_of(const json& row, const std::string& placement) {
  const auto found = row.find(placement);
  if (found == row.end() || !found->is_object()) {
    return std::nullopt;
  }
  const auto wall = number_of(*found, "time");
  const auto time = wall ? wall : number_of(*found, "cpu_time");
  const auto algbw = number_of(*found, "alg_bw");
  const auto busbw = number_of(*found, "bus_bw");
  if (!time || !algbw || !busbw) {
    return std::nullopt;
  }
  PrintedResult result{*time, *algbw, *busbw, wrong_of(*found), {}};
  const auto iterations = row.find(placement + "_per_iter");
  if (iterations != row.end()) {
    result.samples_us = value_or<std::vector<double>>(*iterations, "times_us", {});
    const auto bad = [](double us) { return !(us >= 0 && us < 1e15); };
    if (std::any_of(result.samples_us.begin(), result.samples_us.end(), bad)) {
      result.samples_us.clear();
    }
  }
  return result;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

std::optional<PrintedRow> row_of(const json& j, int number) {
  PrintedRow row;
  row.line = number;
  if (!j.is_object() || !j.contains("size") || !j["size"].is_number_unsigned()) {
    return std::nullopt;
  }
  row.bytes = j["size"].get<std::uint64_t>();
  row.count = whole_or(j, "count", 0);
  row.type = value_or<std::string>(j, "type", "");
  row.redop = value_or<std::string>(j, "redop", "");
  row.root = trimmed(value_or<std::string>(j, "root", ""));  // padded to six
  row.out_of_place = result_of(j, "out_of_place");
  row.in_place = result_of(j, "in_place");
  return row.out_of_place || row.in_place ? std::optional(std::move(row)) : std::nullopt;
}

std::string joined(const json& args) {
  std::string text;
  for (const auto& word : args) {
    text += (text.empty() ? "" : " ") + (word.is_string() ? word.get<std::string>() : "");
  }
  return text;
}

bool has_cpu_time(const json& results) {
  return std::any_of(results.begin(), results.end(), [](const json& row) {
    return row.is_object() && row.contains("in_place") && row["in_place"].is_object() &&
           row["in_place"].contains("cpu_time");
  });
}

// The environment ("env") holds secrets and is not read.
void read_header(const json& object, NcclTestsRun& run) {
  const json args = object.value("args", json::array());
  run.parameters = joined(args);
  if (args.is_array() && !args.empty() && args[0].is_string()) {
    const auto program = args[0].get<std::string>();
    run.program = program.substr(program.find_last_of('/') + 1);
  }
  run.nccl_version = nccl_version_of_code(count_or(object, "nccl_version", 0));
  const json config = object.value("config", json::object());
  run.calls = capped_product(count_or(config, "iterations", 0),
                             count_or(config, "aggregated_iterations", 1));
  run.ranks_per_device_line =
      std::min(capped_product(count_or(config, "nthreads", 1), count_or(config, "ngpus", 1)), 4096);
  if (config.is_object() && config.contains("devices") && config["devices"].is_array()) {
    for (const auto& device : config["devices"]) {
      run.devices.push_back(device_of(device));
    }
  }
}

void read_failures(const json& object, NcclTestsRun& run) {
  for (const auto& error : object.value("errors", json::array())) {
    run.failures.push_back({0, error.is_string() ? error.get<std::string>() : error.dump()});
  }
  const json bounds = object.value("out_of_bounds", json::object());
  if (value_or<std::string>(bounds, "okay", "true") == "false") {
    run.failures.push_back({0, "nccl-tests found wrong results"});
  }
}

}  // namespace

NcclTestsRun read_nccl_tests_json(const std::string& text, const std::string& file) {
  const auto [object, whole] = parse(text, file);
  if (!object.is_object() || !object.contains("results") || !object["results"].is_array() ||
      !object.contains("config")) {
    refuse("this JSON has no 'config' and 'results'", file);
  }
  if (const int version = count_or(object, "version", 0); version < 1 || version > 3) {
    refuse(fmt::format("version {} of this format is not known", version), file);
  }
  NcclTestsRun run;
  run.line = 1;
  read_header(object, run);
  int number = 0;
  for (const auto& element : object["results"]) {
    ++number;
    if (auto row = row_of(element, number)) {
      run.rows.push_back(std::move(*row));
    } else {
      run.skipped.push_back({number, "a result without size, time or rates"});
    }
  }
  run.cpu_time = has_cpu_time(object["results"]);
  run.complete = whole && object.contains("average_bus_bandwidth");
  read_failures(object, run);
  return run;
}

}  // namespace fabricast
