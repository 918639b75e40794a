#include "model/inputs.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace fabricast {

double log_sd(const Quantity<double>& q) {
  constexpr double kSdsOf90Percent = 2 * 1.6449;
  return q.lo > 0 && q.hi > q.lo ? std::log(q.hi / q.lo) / kSdsOf90Percent : 0.0;
}

void Inputs::add(std::string name, Quantity<double> quantity) {
  const auto known = indices_.find(name);
  if (known != indices_.end()) {
    values_[known->second] = quantity.value;
    inputs_[known->second].quantity = std::move(quantity);
    return;
  }
  indices_.emplace(name, inputs_.size());
  values_.push_back(quantity.value);
  inputs_.push_back({std::move(name), std::move(quantity)});
}

std::size_t Inputs::index(std::string_view name) const {
  const auto found = indices_.find(std::string(name));
  if (found == indices_.end()) {
    throw std::logic_error("no model input named " + std::string(name));
  }
  return found->second;
}

}  // namespace fabricast
