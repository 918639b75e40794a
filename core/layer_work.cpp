#include "core/layer_work.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fabricast {

namespace {

template <typename Table>
auto find_in(const Table& table, std::string_view name) {
  using Id = decltype(table.front().id);
  for (const auto& row : table) {
    if (row.name == name) {
      return std::optional<Id>(row.id);
    }
  }
  return std::optional<Id>();
}

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

/// The works of one model, split.
class WorkList {
 public:
  WorkList(const Workload& workload, std::uint64_t split, std::uint64_t tokens)
      : w_(workload), split_(split), tokens_(tokens) {}

  std::vector<LayerWork> all() {
    attention();
    feed_forward();
    constexpr std::uint64_t kPadding = 128;
    matrix(LayerPart::kLogits,
           tokens_,
           w_.hidden,
           divide_up(w_.vocabulary, kPadding * split_) * kPadding,
           1,
           1);
    moved(LayerPart::kNorm, LayerPass::kForward, tokens_, w_.hidden, w_.norms_per_layer);
    constexpr std::uint64_t kResiduals = 2;  // after attention, after feed-forward
    moved(LayerPart::kResidual, LayerPass::kForward, tokens_, w_.hidden, kResiduals);
    moved(w_.gated ? LayerPart::kSwiglu : LayerPart::kGelu,
          LayerPass::kForward,
          tokens_per_expert() * experts(),
          w_.ffn / split_,
          1);
    optimizer();
    return std::move(works_);
  }

 private:
  [[nodiscard]] std::uint64_t experts() const { return std::max<std::uint64_t>(1, w_.experts); }
  [[nodiscard]] std::uint64_t tokens_per_expert() const {
    return w_.experts == 0 ? tokens_ : divide_up(tokens_ * w_.experts_per_token, w_.experts);
  }

  void attention() {
    const std::uint64_t key_width = w_.hidden / w_.heads * w_.kv_heads;
    matrix(LayerPart::kQkv, tokens_, w_.hidden, (w_.hidden + 2 * key_width) / split_, 1, w_.layers);
    matrix(LayerPart::kAttentionOutput, tokens_, w_.hidden / split_, w_.hidden, 1, w_.layers);
  }

  void feed_forward() {
    if (w_.experts > 0) {
      matrix(LayerPart::kRouter, tokens_, w_.hidden, w_.experts, 1, w_.layers);
    }
    const std::uint64_t matrices_up = w_.gated ? 2 : 1;
    matrix(LayerPart::kUp,
           tokens_per_expert(),
           w_.hidden,
           matrices_up * w_.ffn / split_,
           experts(),
           w_.layers);
    matrix(LayerPart::kDown, tokens_per_expert(), w_.ffn / split_, w_.hidden, experts(), w_.layers);
  }

  void matrix(LayerPart part,
              std::uint64_t tokens,
              std::uint64_t in,
              std::uint64_t out,
              std::uint64_t per_layer,
              std::uint64_t layers) {
    works_.push_back({part, LayerPass::kForward, tokens, out, in, per_layer, layers});
    works_.push_back({part, LayerPass::kDataGradient, tokens, in, out, per_layer, layers});
    works_.push_back({part, LayerPass::kWeightGradient, out, in, tokens, per_layer, layers});
    layer_parameters_ += part == LayerPart::kLogits ? 0 : in * out * per_layer;
  }

  void moved(LayerPart part,
             LayerPass pass,
             std::uint64_t rows,
             std::uint64_t columns,
             std::uint64_t per_layer) {
    works_.push_back({part, pass, rows, columns, 0, per_layer, w_.layers});
  }

  // The layer's parameters in equal slices.
  void optimizer() {
    const std::uint64_t parameters = layer_parameters_ + w_.norms_per_layer * w_.hidden;
    const std::uint64_t slices = divide_up(parameters, kMostUpdated);
    moved(LayerPart::kOptimizer, LayerPass::kUpdate, 1, divide_up(parameters, slices), slices);
  }

  const Workload& w_;
  std::uint64_t split_;
  std::uint64_t tokens_;
  std::uint64_t layer_parameters_ = 0;
  std::vector<LayerWork> works_;
};

}  // namespace

std::optional<LayerPart> find_layer_part(std::string_view name) {
  return find_in(kLayerParts, name);
}

std::optional<LayerPass> find_layer_pass(std::string_view name) {
  return find_in(kLayerPasses, name);
}

std::string why_not_split(const Workload& w, std::uint64_t tensor_parallel) {
  struct Dimension {
    std::string_view name;
    std::uint64_t size;
  };
  for (const Dimension& d : {
           Dimension{"heads",    w.heads   },
           Dimension{"kv_heads", w.kv_heads},
           Dimension{"ffn",      w.ffn     }
  }) {
    if (tensor_parallel == 0 || d.size % tensor_parallel != 0) {
      return fmt::format(
          "{}: {} = {} does not split over {} GPUs", w.id, d.name, d.size, tensor_parallel);
    }
  }
  return "";
}

std::vector<LayerWork> layer_work(const Workload& workload,
                                  std::uint64_t tensor_parallel,
                                  std::uint64_t tokens) {
  if (const std::string why = why_not_split(workload, tensor_parallel); !why.empty()) {
    throw Error(why, "tensor parallelism", "a number of GPUs that divides it");
  }
  return WorkList(workload, tensor_parallel, tokens).all();
}

bool runs_in(LayerPart part, ComputeType type) {
  return info(part).product || (type != ComputeType::kFloat8E4M3 && type != ComputeType::kTfloat32);
}

double flops(const LayerWork& w) {
  return 2 * static_cast<double>(w.m) * static_cast<double>(w.n) * static_cast<double>(w.k);
}

double bytes(const LayerWork& w, ComputeType type) {
  const auto m = static_cast<double>(w.m);
  const auto n = static_cast<double>(w.n);
  const auto k = static_cast<double>(w.k);
  const double in = info(info(type).input).bytes;
  const double out = info(info(type).result).bytes;
  // Parameters and both moments, read and written; the copy that the forward pass uses exists
  // where it is of another type.
  const double state = 2 * 3 * static_cast<double>(info(DataType::kFloat32).bytes);
  const double copy = info(type).input == DataType::kFloat32 ? 0 : in;
  switch (w.part) {
    case LayerPart::kNorm:
      return m * n * (in + out) + n * in;
    case LayerPart::kResidual:
    case LayerPart::kSwiglu:
      return m * n * (2 * in + out);
    case LayerPart::kGelu:
      return m * n * (in + out);
    case LayerPart::kOptimizer:
      return m * n * (in + state + copy);
    default:
      return (m * k + k * n) * in + m * n * out;
  }
}

Workload shrunk(const Workload& workload, double scale) {
  if (scale == 1) {
    return workload;
  }
  const auto shrink = [&](std::uint64_t size, std::uint64_t step) {
    const double steps = static_cast<double>(size) * std::sqrt(scale) / static_cast<double>(step);
    return step * std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(steps)));
  };
  Workload w = workload;
  w.hidden = shrink(workload.hidden, workload.heads);
  w.ffn = shrink(workload.ffn, 8);
  w.vocabulary = shrink(workload.vocabulary, 8);
  return w;
}

}  // namespace fabricast
