// What makes a collective slower than it should be, as changes of the cluster or of the question:
// each is priced like the original and compared with what was measured.
#pragma once

#include "model/cluster.hpp"
#include "model/collective/predict.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fabricast {

/// A question that assumes one fault.
struct Suspect {
  std::string name;
  std::string text;  // what to look at
  Cluster cluster;
  Question question;
};

/// Those that can be at all: nothing about networks for one node, nothing about NVLS where it was
/// not expected. `expected` is the algorithm that the original question leads to for large
/// messages.
std::vector<Suspect> suspects(const Cluster& cluster,
                              const Question& question,
                              int nodes,
                              const std::string& expected);

}  // namespace fabricast
