#include "core/workload.hpp"

#include <fmt/format.h>

namespace fabricast {

namespace {

/// Appends tensors; a matrix brings its bias along where the model has biases.
class TensorList {
 public:
  explicit TensorList(const Workload& workload) : w_(workload) {}

  void lookup(const std::string& name, std::uint64_t rows) {
    add(name, TensorRole::kEmbedding, rows * w_.hidden, 0);
  }

  void matrix(const std::string& name, TensorRole role, std::uint64_t in, std::uint64_t out) {
    add(name, role, in * out, in * out);
    bias(name, role, out);
  }

  /// The same matrix in every expert, as one tensor.
  void experts(const std::string& name, std::uint64_t in, std::uint64_t out) {
    add(name, TensorRole::kFeedForward, w_.experts * in * out, w_.experts_per_token * in * out);
  }

  void norm(const std::string& name) {
    add(name, TensorRole::kNorm, w_.hidden, 0);
    bias(name, TensorRole::kNorm, w_.hidden);
  }

  void attention() {
    const std::uint64_t key_width = w_.hidden / w_.heads * w_.kv_heads;
    matrix("attention.query", TensorRole::kAttention, w_.hidden, w_.hidden);
    matrix("attention.key", TensorRole::kAttention, w_.hidden, key_width);
    matrix("attention.value", TensorRole::kAttention, w_.hidden, key_width);
    matrix("attention.output", TensorRole::kAttention, w_.hidden, w_.hidden);
  }

  void feed_forward() {
    if (w_.experts > 0) {
      matrix("router", TensorRole::kFeedForward, w_.hidden, w_.experts);
    }
    if (w_.gated) {
      feed_forward_matrix("gate", w_.hidden, w_.ffn);
    }
    feed_forward_matrix("up", w_.hidden, w_.ffn);
    feed_forward_matrix("down", w_.ffn, w_.hidden);
  }

  void in_layer(std::uint64_t layer) {
    layer_ = layer;
    prefix_ = layer < w_.layers ? fmt::format("layers.{}.", layer) : "";
  }

  std::vector<ParameterTensor> tensors;

 private:
  void feed_forward_matrix(const std::string& part, std::uint64_t in, std::uint64_t out) {
    if (w_.experts > 0) {
      experts("experts." + part, in, out);
    } else {
      matrix("feed_forward." + part, TensorRole::kFeedForward, in, out);
    }
  }

  void bias(const std::string& name, TensorRole role, std::uint64_t count) {
    if (w_.biases) {
      add(name + ".bias", role, count, 0);
    }
  }

  void add(const std::string& name, TensorRole role, std::uint64_t count, std::uint64_t active) {
    tensors.push_back({prefix_ + name, role, layer_, count, active});
  }

  const Workload& w_;
  std::string prefix_;
  std::uint64_t layer_ = 0;
};

}  // namespace

std::vector<ParameterTensor> parameter_tensors(const Workload& workload) {
  TensorList list(workload);
  list.lookup("embedding", workload.vocabulary);
  if (workload.positions > 0) {
    list.lookup("positions", workload.positions);
  }
  for (std::uint64_t layer = 0; layer < workload.layers; ++layer) {
    list.in_layer(layer);
    for (std::uint64_t n = 0; n < workload.norms_per_layer; ++n) {
      list.norm(fmt::format("norm.{}", n));
    }
    list.attention();
    list.feed_forward();
  }
  list.in_layer(workload.layers);
  list.norm("norm");
  if (!workload.tied_embeddings) {
    list.matrix("output", TensorRole::kOutput, workload.hidden, workload.vocabulary);
  }
  return list.tensors;
}

std::uint64_t parameter_count(const Workload& workload) {
  std::uint64_t count = 0;
  for (const auto& tensor : parameter_tensors(workload)) {
    count += tensor.count;
  }
  return count;
}

}  // namespace fabricast
