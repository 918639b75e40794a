// A model that is trained: its layer shapes, and the parameter tensors that follow from them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fabricast {

/// A decoder of equal layers. workloads/README.md says what each number means.
struct Workload {
  std::string id;
  std::string title;
  double published_parameters = 0;

  std::uint64_t layers = 0;
  std::uint64_t hidden = 0;
  std::uint64_t heads = 0;
  std::uint64_t kv_heads = 0;
  std::uint64_t ffn = 0;  // width of one feed-forward network, or of one expert
  std::uint64_t vocabulary = 0;
  std::uint64_t positions = 0;  // learned position vectors; 0: positions are computed
  std::uint64_t norms_per_layer = 2;
  std::uint64_t experts = 0;  // 0: dense
  std::uint64_t experts_per_token = 0;
  bool gated = false;            // a third feed-forward matrix
  bool biases = false;           // a bias on every matrix and norm
  bool tied_embeddings = false;  // the output matrix is the embedding
};

/// What a tensor belongs to decides when its gradient exists and who splits it.
enum class TensorRole { kEmbedding, kAttention, kFeedForward, kNorm, kOutput };

struct ParameterTensor {
  std::string name;  // "layers.0.attention.query"
  TensorRole role;
  std::uint64_t layer;   // layers stands for what comes behind the last one; 0 for embeddings
  std::uint64_t count;   // elements
  std::uint64_t active;  // of these, multiplied with each token: all of a dense matrix, none of an
                         // embedding, of experts those that a token visits
};

/// In the order in which the forward pass uses them.
std::vector<ParameterTensor> parameter_tensors(const Workload& workload);

/// Elements of all tensors.
std::uint64_t parameter_count(const Workload& workload);

}  // namespace fabricast
