// Inputs of the memory-bound parts, and what comes out, computed in double: for the bodies on the
// CPU and the kernels on a GPU.
#pragma once

#include "kernels/layer_body.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace fabricast {

template <typename Element>
using BitsOf = typename Element::Bits;

template <typename Element>
std::vector<BitsOf<Element>> random_elements(std::uint64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<BitsOf<Element>> values(count);
  for (auto& value : values) {
    value = Element::narrow(normal(random));
  }
  return values;
}

/// Within one step of the element's last place, and what float32 leaves of `scale`.
template <typename Element>
void expect_close(BitsOf<Element> got, double expected, double scale, std::uint64_t at) {
  constexpr double kStep = sizeof(got) == 4                   ? 0x1p-22
                           : std::is_same_v<Element, Float16> ? 0x1p-10
                                                              : 0x1p-7;
  ASSERT_NEAR(
      static_cast<double>(Element::widen(got)), expected, kStep * std::abs(expected) + 1e-6 * scale)
      << "element " << at;
}

template <typename Element>
std::vector<double> true_norm(const std::vector<BitsOf<Element>>& from,
                              const std::vector<BitsOf<Element>>& gain) {
  const std::size_t columns = gain.size();
  std::vector<double> to(from.size());
  for (std::size_t first = 0; first < from.size(); first += columns) {
    double squares = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      squares += std::pow(double{Element::widen(from[first + c])}, 2);
    }
    const double factor = 1 / std::sqrt(squares / static_cast<double>(columns) + 1e-5);
    for (std::size_t c = 0; c < columns; ++c) {
      to[first + c] =
          double{Element::widen(from[first + c])} * factor * double{Element::widen(gain[c])};
    }
  }
  return to;
}

template <typename Element>
std::vector<double> true_swiglu(const std::vector<BitsOf<Element>>& from, std::uint64_t columns) {
  std::vector<double> to(from.size() / 2);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::size_t at = i / columns * 2 * columns + i % columns;
    const double gate = Element::widen(from[at]);
    to[i] = gate / (1 + std::exp(-gate)) * double{Element::widen(from[at + columns])};
  }
  return to;
}

template <typename Element>
std::vector<double> true_gelu(const std::vector<BitsOf<Element>>& from) {
  std::vector<double> to(from.size());
  for (std::size_t i = 0; i < to.size(); ++i) {
    const double x = Element::widen(from[i]);
    to[i] = 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  }
  return to;
}

/// Parameters after `steps` steps of one gradient, from moments of zero.
template <typename Element>
std::vector<double> true_adam(std::vector<double> parameters,
                              const std::vector<BitsOf<Element>>& gradients,
                              int steps) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double g = Element::widen(gradients[i]);
    double m = 0;
    double v = 0;
    for (int t = 1; t <= steps; ++t) {
      m = 0.9 * m + 0.1 * g;
      v = 0.95 * v + 0.05 * g * g;
      const double direction =
          m / (1 - std::pow(0.9, t)) / (std::sqrt(v / (1 - std::pow(0.95, t))) + 1e-8);
      parameters[i] -= 1e-3 * (direction + 0.1 * parameters[i]);
    }
  }
  return parameters;
}

}  // namespace fabricast
