#include "importers/nccl_tests_text.hpp"

#include "importers/log_line.hpp"
#include "importers/nccl_version_code.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace fabricast {

namespace {

using Words = std::vector<std::string_view>;

constexpr std::size_t kMostMentions = 20;
constexpr std::size_t kLongestMention = 1000;

template <typename Int>
std::optional<Int> whole_number(std::string_view word) {
  Int value = 0;
  const char* const end = word.data() + word.size();
  const auto [next, status] = std::from_chars(word.data(), end, value);
  return status == std::errc() && next == end ? std::optional(value) : std::nullopt;
}

// The number behind `label`: "iters:" in "... iters: 20 agg iters: 1 ...".
int number_after(const std::string& text, const std::string& label, int otherwise) {
  const auto at = text.find(label);
  if (at == std::string::npos) {
    return otherwise;
  }
  const Words words = words_of(std::string_view(text).substr(at + label.size()));
  const auto value = words.empty() ? std::nullopt : whole_number<int>(words.front());
  return value && *value >= 0 ? *value : otherwise;
}

bool starts_with_letter(std::string_view word) {
  return !word.empty() && std::isalpha(static_cast<unsigned char>(word.front())) != 0;
}

bool is_result(std::string_view word) { return word == "N/A" || read_number(word).has_value(); }

// What the columns of a table are, from its line of labels.
struct Layout {
  bool milliseconds = false;  // 2017
  bool redop = true;
  bool root = true;
  bool error = false;    // the largest difference instead of a count of wrong elements, until 2022
  int results = 8;       // numbers of a row behind size, count, type, redop and root
  int placements = 2;    // out of place, in place
  int time_columns = 0;  // words of a time stamp
  bool guessed = true;   // there was no line of labels
  bool cpu_time = false;
};

Layout layout_of(const Words& labels) {
  const auto is_time = [](std::string_view label) { return label == "time" || label == "cputime"; };
  const auto has = [&labels](std::string_view label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  };
  const auto first = std::find_if(labels.begin(), labels.end(), is_time);
  Layout layout;
  layout.guessed = false;
  layout.milliseconds = has("bytes");
  layout.redop = has("redop") || has("op");
  layout.root = has("root");
  layout.error = has("error") || has("res");
  layout.time_columns = has("timestamp") ? 2 : 0;
  layout.results = static_cast<int>(labels.end() - first) - (layout.time_columns > 0 ? 1 : 0);
  layout.placements = static_cast<int>(std::count_if(first, labels.end(), is_time));
  layout.cpu_time = has("cputime");
  return layout;
}

bool is_header(const Words& words) {
  const auto has = [&words](std::string_view label) {
    return std::find(words.begin(), words.end(), label) != words.end();
  };
  return has("algbw") && has("busbw") && (has("time") || has("cputime"));
}

// A difference that old versions accept: common.cu, deltaMaxValue.
double accepted_error(std::string_view type) {
  if (type == "half" || type == "bfloat16") {
    return 1e-2;
  }
  return type == "float" ? 1e-5 : type == "double" ? 1e-12 : 0;
}

// Joins the pieces of a row and reads it once it is whole.
class RowReader {
 public:
  explicit RowReader(const Layout& layout) : layout_(layout) {}

  static bool begins_row(const Words& words) {
    return words.size() >= 3 && whole_number<std::uint64_t>(words[0]) &&
           whole_number<std::uint64_t>(words[1]) && starts_with_letter(words[2]);
  }

  [[nodiscard]] bool pending() const { return !words_.empty(); }
  [[nodiscard]] int line() const { return line_; }

  void begin(const Words& words, int line) {
    words_.assign(words.begin(), words.end());
    line_ = line;
  }

  // False for words that cannot belong to a row.
  bool append(const Words& words) {
    const bool numbers = std::all_of(words.begin(), words.end(), [](std::string_view word) {
      return is_result(word) || word.find_first_not_of("0123456789-:") == std::string_view::npos;
    });
    if (numbers) {
      words_.insert(words_.end(), words.begin(), words.end());
    }
    return numbers;
  }

  [[nodiscard]] bool whole() const {
    return words_.size() >= labels() + static_cast<std::size_t>(layout_.results);
  }

  // The row, or nothing when its words do not fit the columns. Forgets the words.
  std::optional<PrintedRow> take() {
    auto row = read();
    words_.clear();
    return row;
  }

 private:
  [[nodiscard]] bool has_redop() const {
    return layout_.redop && words_.size() > 3 && starts_with_letter(words_[3]) &&
           !is_result(words_[3]);
  }

  // Words before the results: redop may be blank, as it was for all-to-all from 2020 to 2022.
  [[nodiscard]] std::size_t labels() const {
    return 3U + (has_redop() ? 1U : 0U) + (layout_.root ? 1U : 0U);
  }

  [[nodiscard]] bool fits(std::size_t results) const {
    const auto expected = static_cast<std::size_t>(layout_.results);
    const auto stamp = static_cast<std::size_t>(layout_.time_columns);
    if (layout_.guessed) {
      return results == expected || results == expected + 2;
    }
    return results == expected + stamp || results == expected;
  }

  [[nodiscard]] std::optional<PrintedRow> read() const {
    const std::size_t first = labels();
    if (words_.size() < first || !fits(words_.size() - first)) {
      return std::nullopt;
    }
    PrintedRow row;
    row.line = line_;
    row.bytes = *whole_number<std::uint64_t>(words_[0]);
    row.count = *whole_number<std::uint64_t>(words_[1]);
    row.type = words_[2];
    row.redop = has_redop() ? words_[3] : "";
    row.root = layout_.root ? words_[first - 1] : "";
    const auto width = static_cast<std::size_t>(layout_.results / layout_.placements);
    row.out_of_place = result(first, row.type);
    row.in_place = layout_.placements > 1 ? result(first + width, row.type) : std::nullopt;
    const bool whole = row.out_of_place && (layout_.placements == 1 || row.in_place);
    return whole ? std::optional(std::move(row)) : std::nullopt;
  }

  [[nodiscard]] std::optional<PrintedResult> result(std::size_t at, std::string_view type) const {
    if (at + 4 > words_.size()) {
      return std::nullopt;
    }
    const auto time = read_number(words_[at]);
    const auto algbw = read_number(words_[at + 1]);
    const auto busbw = read_number(words_[at + 2]);
    if (!time || !algbw || !busbw || !is_result(words_[at + 3])) {
      return std::nullopt;
    }
    const double unit = layout_.milliseconds ? 1000 : 1;
    PrintedResult result{
        {time->value * unit,        time->rounding * unit},
        *algbw, *busbw, {                },
        {                         }
    };
    if (const auto wrong = read_number(words_[at + 3])) {
      const double least = layout_.error ? accepted_error(type) : 0;
      // NaN is wrong. Where only the difference is printed, one element at least is wrong.
      const bool good = wrong->value >= 0 && wrong->value <= least;
      result.wrong = good ? 0
                     : layout_.error || !(wrong->value > 0 && wrong->value < 1e18)
                         ? 1
                         : static_cast<std::uint64_t>(wrong->value);
    }
    return result;
  }

  const Layout& layout_;
  std::vector<std::string> words_;
  int line_ = 0;
};

// The name behind "Rank 3 Group 0 Pid 17 on HOST device 3 [0x1b] NAME".
std::optional<PrintedDevice> device_of(const std::string& text, int line) {
  PrintedDevice device;
  device.line = line;
  device.rank = number_after(text, "Rank ", -1);
  device.group = number_after(text, "Group ", 0);
  const auto on = text.find(" on ");
  const auto at = text.find(" device ", on);
  if (device.rank < 0 || on == std::string::npos || at == std::string::npos) {
    return std::nullopt;
  }
  const Words host = words_of(std::string_view(text).substr(on + 4, at - on - 4));
  device.host = host.empty() ? "" : std::string(host.front());
  const auto name = text.find(']', at);
  device.device = text.substr(at + 8, name == std::string::npos ? name : name + 1 - at - 8);
  if (name != std::string::npos) {
    const auto first = text.find_first_not_of(' ', name + 1);
    const auto last = text.find_last_not_of(" \r");
    device.gpu = first == std::string::npos ? "" : text.substr(first, last + 1 - first);
  }
  return device;
}

class TextReader {
 public:
  std::vector<NcclTestsRun> read(const std::string& text) {
    std::size_t at = 0;
    for (line_ = 1; at < text.size(); ++line_) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      take(std::string_view(text).substr(at, end - at));
      at = end + 1;
    }
    end_run();
    return std::move(runs_);
  }

 private:
  using Handler = void (TextReader::*)(const std::string&);
  struct Keyword {
    std::string_view begins;
    Handler handle;
  };

  void take(std::string_view raw) {
    const std::string untagged = without_tags(raw);
    take_version(untagged);
    const std::string line = without_nccl_message(untagged, hosts_);
    const Words words = words_of(line);
    if (words.empty()) {
      return;
    }
    const bool comment = words.front().front() == '#';
    const std::string content = line.substr(std::min(line.find_first_not_of("# \t"), line.size()));
    if (is_header(words)) {
      begin_table(words);
    } else if (take_keyword(content)) {
      return;
    } else if (comment) {
      mention(content);
    } else {
      take_row(words, content);
    }
  }

  bool take_keyword(const std::string& content) {
    static constexpr std::array<Keyword, 7> kKeywords{
        Keyword{"nccl-tests version ",        &TextReader::take_tests_version},
        Keyword{"Collective test starting: ", &TextReader::take_program      },
        Keyword{"nThread ",                   &TextReader::take_parameters   },
        Keyword{"Using devices",              &TextReader::take_devices      },
        Keyword{"Rank ",                      &TextReader::take_device       },
        Keyword{"Avg bus bandwidth",          &TextReader::take_closing      },
        Keyword{"Out of bounds values",       &TextReader::take_check        },
    };
    const auto* const keyword =
        std::find_if(kKeywords.begin(), kKeywords.end(), [&content](const Keyword& k) {
          return content.starts_with(k.begins);
        });
    if (keyword == kKeywords.end()) {
      return false;
    }
    (this->*keyword->handle)(content);
    return true;
  }

  // Each of a run's first lines may be the first that is there.
  void open_run() {
    if (has_table_ || failed_) {
      end_run();
    }
    if (!open_) {
      open_ = true;
      run_.line = line_;
      run_.mentions = std::move(mentions_);
      mentions_.clear();
    }
  }

  void take_tests_version(const std::string& text) {
    open_run();
    const Words words = words_of(text);
    run_.tests_version = words[2];
    const int library = number_after(text, "nccl-library=", number_after(text, "nccl-headers=", 0));
    run_.nccl_version = nccl_version_of_code(library);
  }

  void take_program(const std::string& text) {
    open_run();
    const Words words = words_of(text);
    run_.program = words.size() > 3 ? words[3] : "";
  }

  void take_parameters(const std::string& text) {
    open_run();
    run_.parameters = text.substr(0, text.find_last_not_of(" \r") + 1);
    // "warmup iters: 5 iters: 20 agg iters: 1": the second is ours.
    const auto warmup = text.find("warmup iters:");
    const std::string rest = text.substr(std::min(text.size(), warmup + 1));
    const auto own = warmup == std::string::npos ? std::string::npos : rest.find(" iters:", 8);
    if (own != std::string::npos) {
      const int iterations = number_after(rest.substr(own), " iters:", 0);
      run_.calls = capped_product(iterations, number_after(text, "agg iters:", 1));
    }
  }

  void take_devices(const std::string& /*text*/) { open_run(); }

  void take_device(const std::string& text) {
    if (auto device = device_of(text, line_)) {
      open_run();
      hosts_.insert(device->host);
      run_.devices.push_back(std::move(*device));
    }
  }

  void take_closing(const std::string& /*text*/) {
    finish_row();
    run_.complete = open_;
    closed_ = true;
  }

  void take_check(const std::string& text) {
    finish_row();
    closed_ = true;
    if (text.find("FAILED") != std::string::npos) {
      run_.failures.push_back({line_, "nccl-tests found wrong results"});
    }
  }

  // Printed with NCCL_DEBUG=VERSION and above, and by the first nccl-tests.
  void take_version(const std::string& text) {
    for (const std::string label : {"NCCL version ", "compiled with NCCL "}) {
      const auto at = text.find(label);
      const Words words = at == std::string::npos
                              ? Words{}
                              : words_of(std::string_view(text).substr(at + label.size()));
      if (!words.empty() && std::isdigit(static_cast<unsigned char>(words.front().front())) != 0) {
        std::string& version = open_ ? run_.nccl_version : next_nccl_version_;
        version = version.empty() ? std::string(words.front()) : version;
      }
    }
  }

  void begin_table(const Words& words) {
    if (has_table_) {
      end_run();
    }
    open_run();
    const auto skip = words.front() == "#" ? 1 : 0;
    layout_ = layout_of(Words(words.begin() + skip, words.end()));
    run_.cpu_time = layout_.cpu_time;
    run_.names_redop = layout_.redop;
    run_.names_root = layout_.root;
    run_.line = line_;
    has_table_ = true;
  }

  void take_row(const Words& words, const std::string& content) {
    const bool failure = content.find("Test NCCL failure") != std::string::npos ||
                         content.find("Test CUDA failure") != std::string::npos ||
                         content.find(": Test failure") != std::string::npos;
    if (failure && open_) {
      finish_row();
      run_.failures.push_back({line_, content.substr(0, content.find_last_not_of(" \r") + 1)});
      failed_ = closed_ = true;
    } else if (open_ && RowReader::begins_row(words)) {
      finish_row();
      has_table_ = true;
      row_.begin(words, line_);
      finish_whole_row();
    } else if (row_.pending() && row_.append(words)) {
      finish_whole_row();
    } else if (has_table_ && !closed_) {
      run_.foreign.push_back({line_, content});
    } else {
      mention(content);
    }
  }

  // Command lines that a shell or a scheduler echoes.
  void mention(const std::string& content) {
    if (content.find("_perf") != std::string::npos &&
        !content.starts_with("Collective test concluded")) {
      mentions_.push_back(content.substr(0, kLongestMention));
      if (mentions_.size() > kMostMentions) {
        mentions_.erase(mentions_.begin());
      }
    }
  }

  void finish_whole_row() {
    if (row_.whole()) {
      finish_row();
    }
  }

  void finish_row() {
    if (!row_.pending()) {
      return;
    }
    const int line = row_.line();
    if (auto row = row_.take()) {
      run_.rows.push_back(std::move(*row));
    } else {
      run_.skipped.push_back({line, "a row that is not whole"});
    }
  }

  void end_run() {
    finish_row();
    if (open_) {
      run_.nccl_version = run_.nccl_version.empty() ? next_nccl_version_ : run_.nccl_version;
      runs_.push_back(std::move(run_));
    }
    run_ = {};
    layout_ = {};
    next_nccl_version_.clear();
    open_ = has_table_ = failed_ = closed_ = false;
  }

  std::vector<NcclTestsRun> runs_;
  NcclTestsRun run_;
  Layout layout_;
  RowReader row_{layout_};
  std::set<std::string, std::less<>> hosts_;
  std::vector<std::string> mentions_;  // since the last run
  std::string next_nccl_version_;      // said before the run began
  int line_ = 0;
  bool open_ = false;       // one of a run's lines was seen
  bool has_table_ = false;  // its labels, or a row
  bool closed_ = false;     // the lines under its table
  bool failed_ = false;
};

}  // namespace

std::vector<NcclTestsRun> read_nccl_tests_text(const std::string& text) {
  return TextReader().read(text);
}

}  // namespace fabricast
