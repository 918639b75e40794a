#include "bench/patterns/pattern_table.hpp"

#include "bench/patterns/ddp.hpp"
#include "bench/patterns/expert_parallel.hpp"
#include "bench/patterns/fsdp.hpp"
#include "bench/patterns/pipeline.hpp"
#include "bench/patterns/tensor_parallel.hpp"
#include "bench/patterns/three_d.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <array>

namespace fabricast {

namespace {

constexpr std::string_view kBubble =
    "exposed holds the pipeline's bubble: stages wait for the first and the last micro-batch";

constexpr std::array kPatterns{
    TrainingPattern{.name = "ddp",
                    .meaning = "backward pass, gradients all-reduced in buckets",
                    .workload = "llama3-8b",
                    .remark = "",
                    .settings = ddp_settings,
                    .make = make_ddp            },
    TrainingPattern{.name = "fsdp",
                    .meaning = "forward and backward pass, layers gathered, gradients scattered",
                    .workload = "llama3-8b",
                    .remark = "",
                    .settings = fsdp_settings,
                    .make = make_fsdp           },
    TrainingPattern{.name = "tp",
                    .meaning = "both passes, activations summed over split matrices",
                    .workload = "llama3-70b",
                    .remark = "",
                    .settings = tensor_parallel_settings,
                    .make = make_tensor_parallel},
    TrainingPattern{.name = "ep",
                    .meaning = "both passes, tokens sent to their experts and back",
                    .workload = "grok-1",
                    .remark = "exposed holds the waits for ranks whose experts are popular",
                    .settings = expert_parallel_settings,
                    .make = make_expert_parallel},
    TrainingPattern{.name = "pp",
                    .meaning = "micro-batches through stages, one forward, one backward",
                    .workload = "llama3-70b",
                    .remark = kBubble,
                    .settings = pipeline_settings,
                    .make = make_pipeline       },
    TrainingPattern{.name = "3d",
                    .meaning = "tensor, pipeline and data parallelism at once",
                    .workload = "llama3-405b",
                    .remark = kBubble,
                    .settings = three_d_settings,
                    .make = make_three_d        },
};

}  // namespace

std::span<const TrainingPattern> training_patterns() { return kPatterns; }

const TrainingPattern& find_training_pattern(std::string_view name) {
  const auto* found = std::find_if(
      kPatterns.begin(), kPatterns.end(), [&](const auto& row) { return row.name == name; });
  if (found == kPatterns.end()) {
    throw unknown_name("pattern", name, names_of(kPatterns));
  }
  return *found;
}

}  // namespace fabricast
