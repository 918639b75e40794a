// What one GPU computes of a model: its matrix products and the parts that only move memory.
#pragma once

#include "core/compute_type.hpp"
#include "core/workload.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

enum class LayerPart {
  kQkv,
  kAttentionOutput,
  kRouter,
  kUp,
  kDown,
  kLogits,
  kNorm,
  kResidual,
  kSwiglu,
  kGelu,
  kOptimizer,
};

struct LayerPartInfo {
  LayerPart id;
  std::string_view name;
  bool product;  // of matrices; else bound by memory
  std::string_view meaning;
};

inline constexpr std::array kLayerParts{
    LayerPartInfo{LayerPart::kQkv,             "qkv",              true,  "queries, keys and values"             },
    LayerPartInfo{LayerPart::kAttentionOutput, "attention_output", true,  "out of attention"                     },
    LayerPartInfo{LayerPart::kRouter,          "router",           true,  "scores of the experts"                },
    LayerPartInfo{LayerPart::kUp,              "up",               true,  "into feed-forward, with the gate's"   },
    LayerPartInfo{LayerPart::kDown,            "down",             true,  "out of feed-forward"                  },
    LayerPartInfo{LayerPart::kLogits,          "logits",           true,  "scores of the vocabulary"             },
    LayerPartInfo{LayerPart::kNorm,            "norm",             false, "root mean square normalisation"       },
    LayerPartInfo{LayerPart::kResidual,        "residual",         false, "sum with the residual stream"         },
    LayerPartInfo{LayerPart::kSwiglu,          "swiglu",           false, "silu(gate) x up"                      },
    LayerPartInfo{LayerPart::kGelu,            "gelu",             false, "activation without a gate"            },
    LayerPartInfo{
                  LayerPart::kOptimizer,       "optimizer",        false, "Adam on float32 copies of the weights"},
};
constexpr const LayerPartInfo& info(LayerPart p) {
  return kLayerParts[static_cast<std::size_t>(p)];
}
constexpr std::string_view name(LayerPart p) { return info(p).name; }
std::optional<LayerPart> find_layer_part(std::string_view name);

enum class LayerPass { kForward, kDataGradient, kWeightGradient, kUpdate };

struct LayerPassInfo {
  LayerPass id;
  std::string_view name;
};
inline constexpr std::array kLayerPasses{
    LayerPassInfo{LayerPass::kForward,        "forward"        },
    LayerPassInfo{LayerPass::kDataGradient,   "data_gradient"  },
    LayerPassInfo{LayerPass::kWeightGradient, "weight_gradient"},
    LayerPassInfo{LayerPass::kUpdate,         "update"         },
};
constexpr std::string_view name(LayerPass p) {
  return kLayerPasses[static_cast<std::size_t>(p)].name;
}
std::optional<LayerPass> find_layer_pass(std::string_view name);

/// One call of a part. A product makes an m x n matrix out of m x k and k x n; of tokens, the
/// tensor's input and output width those are
///
///     forward          tokens x out = (tokens x in)(in x out)
///     data_gradient    tokens x in  = (tokens x out)(out x in)
///     weight_gradient  out x in     = (out x tokens)(tokens x in)
///
/// A memory-bound part writes m rows of n elements; k is 0.
struct LayerWork {
  LayerPart part = LayerPart::kQkv;
  LayerPass pass = LayerPass::kForward;
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  std::uint64_t k = 0;
  std::uint64_t per_layer = 1;  // calls in a layer: of experts one each
  std::uint64_t layers = 1;     // that have it: 1 for logits
};

/// Elements that a call of the optimizer updates at most: 2^28 take 4 GiB or more of memory.
inline constexpr std::uint64_t kMostUpdated = 1ULL << 28;

/// "" or why no layer of this model splits over so many GPUs.
std::string why_not_split(const Workload& workload, std::uint64_t tensor_parallel);

/// The work of one of `tensor_parallel` GPUs that share each layer, for so many tokens: attention
/// heads, feed-forward width and vocabulary are split, norms, residuals and the router are not.
/// Tokens spread evenly over the experts, all of which are here. The vocabulary is padded to a
/// multiple of 128 per GPU, as Megatron-LM does (its _vocab_size_with_padding); biases are left
/// out. What attention does between tokens is none of these. Throws Error where why_not_split has a
/// reason.
std::vector<LayerWork> layer_work(const Workload& workload,
                                  std::uint64_t tensor_parallel,
                                  std::uint64_t tokens);

/// Whether a part runs in this type: products in all of them, the others in those that activations
/// and weights are kept in.
bool runs_in(LayerPart part, ComputeType type);

/// Of one call: multiplications and additions of a product; 0 for the other parts.
double flops(const LayerWork& work);

/// Bytes that one call must read and write, each once.
double bytes(const LayerWork& work, ComputeType type);

/// The model with sqrt(scale) of each dimension of its matrices, heads and experts as many; the
/// feed-forward width and the vocabulary are rounded to multiples of 8.
Workload shrunk(const Workload& workload, double scale);

}  // namespace fabricast
