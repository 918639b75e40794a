#include "bench/patterns/setup.hpp"

#include <algorithm>
#include <cmath>

namespace fabricast {

namespace {

std::uint64_t at_least_one(double value) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(value)));
}

}  // namespace

std::uint64_t ScaledModel::parameters() const {
  std::uint64_t count = 0;
  for (const auto& tensor : tensors) {
    count += tensor.count;
  }
  return count;
}

std::uint64_t ScaledModel::layer_count(std::uint64_t layer) const {
  std::uint64_t count = 0;
  for (const auto& tensor : tensors) {
    const bool outside = tensor.role == TensorRole::kEmbedding;
    count += tensor.layer == layer && !outside ? tensor.count : 0;
  }
  return count;
}

double ScaledModel::forward_flops(std::uint64_t layer) const {
  double flops = 0;
  for (const auto& tensor : tensors) {
    flops += tensor.layer == layer ? tensor.forward_flops : 0;
  }
  return flops;
}

double ScaledModel::forward_flops(std::uint64_t layer, TensorRole role) const {
  double flops = 0;
  for (const auto& tensor : tensors) {
    flops += tensor.layer == layer && tensor.role == role ? tensor.forward_flops : 0;
  }
  return flops;
}

ScaledModel scaled(const TrainingSetup& setup) {
  const double edge = std::sqrt(setup.scale);
  const auto tokens = static_cast<double>(setup.tokens);
  ScaledModel model;
  model.layers = setup.workload.layers;
  model.tokens = at_least_one(tokens * edge);
  model.hidden = at_least_one(static_cast<double>(setup.workload.hidden) * edge);
  for (const auto& tensor : parameter_tensors(setup.workload)) {
    model.tensors.push_back(
        {.role = tensor.role,
         .layer = tensor.layer,
         .count = at_least_one(static_cast<double>(tensor.count) * setup.scale),
         .forward_flops = 2 * static_cast<double>(tensor.active) * tokens * setup.scale * edge});
  }
  return model;
}

double default_scale(const Workload& workload, double parameters) {
  const auto all = static_cast<double>(parameter_count(workload));
  return std::pow(10.0, std::min(0.0, std::floor(std::log10(parameters / all))));
}

}  // namespace fabricast
