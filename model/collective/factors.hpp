// Inputs that are multiplied with each other.
#pragma once

#include "model/collective/price.hpp"
#include "model/inputs.hpp"

#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>

namespace fabricast {

/// A product of inputs whose names were looked up once.
class Factors {
 public:
  Factors() = default;
  Factors(const Inputs& inputs, std::initializer_list<std::string> names) {
    for (const auto& name : names) {
      indices_.push_back(inputs.index(name));
    }
  }

  void add(const Inputs& inputs, const std::string& name) {
    indices_.push_back(inputs.index(name));
  }

  void add_if_known(const Inputs& inputs, const std::string& name) {
    if (inputs.has(name)) {
      indices_.push_back(inputs.index(name));
    }
  }

  /// The product; `without_any` where there is no factor.
  [[nodiscard]] double of(const Inputs& inputs, double without_any = 1) const {
    double product = indices_.empty() ? without_any : 1;
    for (const std::size_t i : indices_) {
      product *= inputs.value(i);
    }
    return product;
  }

 private:
  std::vector<std::size_t> indices_;
};

/// Two transfers that overlap take (a^4 + b^4)^(1/4): the slower, rounded where they are equal.
/// Each is given its part of what they cost together.
struct Overlap {
  SecondsPerByte first;
  SecondsPerByte second;
};
inline Overlap overlap(SecondsPerByte first, SecondsPerByte second) {
  const double a = first.si() * first.si() * first.si() * first.si();
  const double b = second.si() * second.si() * second.si() * second.si();
  if (a + b == 0) {
    return {};
  }
  const SecondsPerByte both(std::sqrt(std::sqrt(a + b)));
  return {both * (a / (a + b)), both * (b / (a + b))};
}

}  // namespace fabricast
