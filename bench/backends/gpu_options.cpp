#include "bench/backends/gpu_options.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <charconv>

namespace fabricast {

SplitRule parse_split(const std::string& text) {
  SplitRule rule;
  const char* const end = text.data() + text.size();
  const bool known = text.size() > 1 && (text[0] == '/' || text[0] == '%');
  const auto read = known ? std::from_chars(text.data() + 1, end, rule.number)
                          : std::from_chars_result{nullptr, std::errc::invalid_argument};
  if (read.ec != std::errc{} || read.ptr != end || rule.number < 1) {
    throw Error(fmt::format("'{}' splits no ranks", text),
                "--split",
                "/8 for runs of 8 ranks, %8 for every eighth rank together");
  }
  rule.kind = text[0] == '/' ? SplitRule::Kind::kConsecutive : SplitRule::Kind::kStrided;
  return rule;
}

std::map<std::string, std::string> settings_of(const GpuOptions& options) {
  std::map<std::string, std::string> settings;
  const auto note = [&settings](bool differs, const char* setting, std::string value) {
    if (differs) {
      settings.emplace(setting, std::move(value));
    }
  };
  note(options.min_ctas > 0, "min_ctas", std::to_string(options.min_ctas));
  note(options.max_ctas > 0, "max_ctas", std::to_string(options.max_ctas));
  note(options.cta_policy != CtaPolicy::kDefault,
       "cta_policy",
       std::string(info(options.cta_policy).name));
  note(options.buffers != BufferKind::kPlain, "buffers", std::string(name(options.buffers)));
  note(options.graph, "graph", "on");
  note(options.non_blocking, "communicator", "non_blocking");
  note(options.one_thread, "issue", "group");
  note(!options.split.empty(), "split", options.split);
  note(options.ranks_per_gpu > 1, "ranks_per_gpu", std::to_string(options.ranks_per_gpu));
  return settings;
}

void refuse_contradictions(const GpuOptions& options) {
  if (options.max_ctas > 0 && options.min_ctas > options.max_ctas) {
    throw Error(
        fmt::format(
            "no number of thread blocks is between {} and {}", options.min_ctas, options.max_ctas),
        "--min-ctas, --max-ctas",
        "--min-ctas of at most --max-ctas");
  }
  if (options.graph && options.one_thread) {
    throw Error(
        "a graph is captured by a thread of its rank", "--graph, --issue group", "one of the two");
  }
  if (options.non_blocking && options.one_thread) {
    throw Error("a group of non-blocking communicators tells no rank's time",
                "--non-blocking, --issue group",
                "one of the two");
  }
  if (!options.split.empty()) {
    static_cast<void>(parse_split(options.split));
  }
}

}  // namespace fabricast
