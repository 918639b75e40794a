// The forecast of a collective on a cluster: choose as NCCL does, price with our constants.
#pragma once

#include "model/cluster.hpp"
#include "model/forecast.hpp"
#include "model/model_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

struct Question {
  Collective collective = Collective::kAllReduce;
  int ranks = 0;
  int ranks_per_node = 0;  // 0: all GPUs of a node
  std::vector<std::uint64_t> bytes;
  std::string algorithm = "auto";  // "auto": what NCCL chooses; "best": the fastest; or a name
  std::string protocol;            // "", or one of ll, ll128, simple
  std::string nccl_version;        // "": the newest that is known
  bool registered = false;         // the buffers lie in windows registered with NCCL
};

/// Throws Error for a question that has no answer: ranks that do not fit or divide, an algorithm
/// that this cluster or collective does not have, an unknown NCCL version, a message of no bytes.
Forecast predict(const Cluster& cluster, const Question& question, const Model& model);

}  // namespace fabricast
