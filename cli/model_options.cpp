#include "cli/model_options.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <optional>

namespace fabricast {

namespace {

constexpr std::array kNames{"--workload", "--scale", "--tokens", "--tp"};

std::optional<double> number_in(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' ? std::optional(value) : std::nullopt;
}

}  // namespace

void add_model_options(CLI::App& app, ModelOptions& o) {
  constexpr const char* kGroup = "With --pattern or --compute";
  app.add_option("--workload",
                 o.workload,
                 "A model of `fabricast workloads list`, or a .toml file; all of them with "
                 "--compute: all")
      ->group(kGroup);
  app.add_option("--scale",
                 o.scale,
                 "Share of its parameters, 1/1000 (default on the host: the power of ten that "
                 "leaves at most 10 million; on GPUs: 1)")
      ->group(kGroup);
  app.add_option("--tokens",
                 o.tokens,
                 "Tokens of a rank in a step or micro-batch (default: 2048; --compute: 8192)")
      ->check(CLI::Range(1, 1 << 30))
      ->group(kGroup);
  app.add_option("--tp",
                 o.tensor_parallel,
                 "Ranks of tensor parallelism (3d: 2 where that divides; --compute: a list, 1)")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20))
      ->group(kGroup);
  app.parse_complete_callback([&app] {
    for (const char* name : kNames) {
      if (app.count(name) > 0 && app.count("--pattern") == 0 && app.count("--compute") == 0) {
        throw CLI::RequiresError(name, "--pattern or --compute");
      }
    }
  });
}

double parse_scale(const std::string& text) {
  const auto slash = text.find('/');
  const auto above = number_in(text.substr(0, slash));
  const auto below =
      slash == std::string::npos ? std::optional(1.0) : number_in(text.substr(slash + 1));
  const double scale = above && below ? *above / *below : 0;
  if (!(scale > 0 && scale <= 1)) {
    throw Error(fmt::format("'{}' is not a scale", text), "--scale", "1/1000, 0.001, or 1");
  }
  return scale;
}

}  // namespace fabricast
