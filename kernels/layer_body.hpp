// What one thread does of the memory-bound parts of a layer: normalisation, activations, optimizer.
// Plain loops for host and device; everything is computed in float32. (The sum with the residual
// stream is reduce_elements of copy_reduce_body.hpp.)
#pragma once

#include "kernels/copy_reduce_body.hpp"
#include "kernels/element.hpp"
#include "kernels/word.hpp"

#include <cmath>
#include <cstdint>

namespace fabricast {

/// kCount neighbouring elements, moved by one or two words where alignment allows.
template <typename Element, unsigned kCount>
struct Pack {
  using Bits = typename Element::Bits;
  static constexpr unsigned kSize = kCount;
  static constexpr unsigned kWords = kCount * sizeof(Bits) / 8;
  static constexpr unsigned kPer = 8 / sizeof(Bits);
  static constexpr unsigned kShift = 8 * sizeof(Bits);

  float values[kCount];

  /// Elements pack * kCount ... of an array of `count`; 0 past its end.
  FABRICAST_HOST_DEVICE void load(const Bits* data, std::uint64_t pack, std::uint64_t count) {
    std::uint64_t words[kWords];
    load_words<kWords>(data, pack * kWords, count, words);
    for (unsigned i = 0; i < kCount; ++i) {
      values[i] = Element::widen(static_cast<Bits>(words[i / kPer] >> (i % kPer * kShift)));
    }
  }
  /// Nothing is written past the end.
  FABRICAST_HOST_DEVICE void store(Bits* data, std::uint64_t pack, std::uint64_t count) const {
    std::uint64_t words[kWords] = {};
    for (unsigned i = 0; i < kCount; ++i) {
      words[i / kPer] |= std::uint64_t{Element::narrow(values[i])} << (i % kPer * kShift);
    }
    store_words<kWords>(data, pack * kWords, count, words);
  }
};

/// 16 bytes of elements.
template <typename Element>
using LinePack = Pack<Element, 16 / sizeof(typename Element::Bits)>;

template <typename Element>
FABRICAST_HOST_DEVICE std::uint64_t packs_in(std::uint64_t count) {
  constexpr std::uint64_t kPer = 16 / sizeof(typename Element::Bits);
  return (count + kPer - 1) / kPer;
}

/// This thread's share of the sum of squares of a row that the threads of its block share.
template <typename Element>
FABRICAST_HOST_DEVICE float square_sum(const typename Element::Bits* row,
                                       std::uint64_t columns,
                                       const Worker& w) {
  float sum = 0;
  for (std::uint64_t i = w.thread; i < packs_in<Element>(columns); i += w.threads) {
    LinePack<Element> x;
    x.load(row, i, columns);
    for (const float value : x.values) {
      sum += value * value;
    }
  }
  return sum;
}

/// What a row is multiplied with: 1 / sqrt(mean of squares + epsilon).
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467.
FABRICAST_HOST_DEVICE inline float norm_factor(float squares, std::uint64_t columns) {
  constexpr float kEpsilon = 1e-5F;
  return 1 / sqrtf(squares / static_cast<float>(columns) + kEpsilon);
}

/// This thread's share of to[i] = row[i] * factor * gain[i].
template <typename Element>
FABRICAST_HOST_DEVICE void scale_row(typename Element::Bits* to,
                                     const typename Element::Bits* row,
                                     const typename Element::Bits* gain,
                                     float factor,
                                     std::uint64_t columns,
                                     const Worker& w) {
  for (std::uint64_t i = w.thread; i < packs_in<Element>(columns); i += w.threads) {
    LinePack<Element> x;
    LinePack<Element> g;
    x.load(row, i, columns);
    g.load(gain, i, columns);
    for (unsigned j = 0; j < LinePack<Element>::kSize; ++j) {
      x.values[j] *= factor * g.values[j];
    }
    x.store(to, i, columns);
  }
}

FABRICAST_HOST_DEVICE inline float silu(float x) { return x / (1 + expf(-x)); }

/// By the hyperbolic tangent. Source: Hendrycks and Gimpel, arXiv:1606.08415.
FABRICAST_HOST_DEVICE inline float gelu(float x) {
  return 0.5F * x * (1 + tanhf(0.7978845608F * (x + 0.044715F * x * x * x)));
}

/// Calls run(row, pack) for this worker's share of the packs of all rows.
template <typename Element, typename Run>
FABRICAST_HOST_DEVICE void for_my_packs(std::uint64_t rows,
                                        std::uint64_t columns,
                                        const Worker& w,
                                        const Run& run) {
  const std::uint64_t per_row = packs_in<Element>(columns);
  for (std::uint64_t i = w.index(); i < rows * per_row; i += w.blocks * w.threads) {
    run(i / per_row, i % per_row);
  }
}

/// to[r][c] = silu(from[r][c]) * from[r][columns + c]: rows of `from` hold the gate, then the rest,
/// 2 x columns elements.
/// Source: Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202.
template <typename Element>
FABRICAST_HOST_DEVICE void swiglu_elements(typename Element::Bits* to,
                                           const typename Element::Bits* from,
                                           std::uint64_t rows,
                                           std::uint64_t columns,
                                           const Worker& w) {
  for_my_packs<Element>(rows, columns, w, [&](std::uint64_t row, std::uint64_t pack) {
    const auto* gates = from + row * 2 * columns;
    LinePack<Element> gate;
    LinePack<Element> up;
    gate.load(gates, pack, columns);
    up.load(gates + columns, pack, columns);
    for (unsigned j = 0; j < LinePack<Element>::kSize; ++j) {
      up.values[j] *= silu(gate.values[j]);
    }
    up.store(to + row * columns, pack, columns);
  });
}

/// to[i] = gelu(from[i]).
template <typename Element>
FABRICAST_HOST_DEVICE void gelu_elements(typename Element::Bits* to,
                                         const typename Element::Bits* from,
                                         std::uint64_t count,
                                         const Worker& w) {
  for_my_packs<Element>(1, count, w, [&](std::uint64_t, std::uint64_t pack) {
    LinePack<Element> x;
    x.load(from, pack, count);
    for (float& value : x.values) {
      value = gelu(value);
    }
    x.store(to, pack, count);
  });
}

/// Adam with decoupled decay, step t counted from 1.
/// Source: Kingma and Ba, arXiv:1412.6980; Loshchilov and Hutter, arXiv:1711.05101.
struct AdamStep {
  float rate = 1e-3F;
  float beta1 = 0.9F;
  float beta2 = 0.95F;
  float epsilon = 1e-8F;
  float decay = 0.1F;
  float correction1 = 1;  // 1 / (1 - beta1^t)
  float correction2 = 1;  // 1 / (1 - beta2^t)
};

inline AdamStep adam_step(int t) {
  AdamStep step;
  step.correction1 = static_cast<float>(1 / (1 - std::pow(double{step.beta1}, t)));
  step.correction2 = static_cast<float>(1 / (1 - std::pow(double{step.beta2}, t)));
  return step;
}

/// Device memory of an update; all of `count` elements. Plain data, so that a kernel takes it by
/// value.
struct AdamState {
  const void* gradients = nullptr;  // of the type of the copy
  float* parameters = nullptr;
  float* first_moments = nullptr;
  float* second_moments = nullptr;
  void* copy = nullptr;  // of the parameters, rounded; null: none is wanted
  std::uint64_t count = 0;
};

/// Updates parameters and moments in place.
template <typename Element>
FABRICAST_HOST_DEVICE void adam_elements(const AdamState& state,
                                         const AdamStep& step,
                                         const Worker& w) {
  using Bits = typename Element::Bits;
  constexpr unsigned kCount = 4;
  const auto words = [](float* data) { return reinterpret_cast<Float32::Bits*>(data); };
  const std::uint64_t packs = (state.count + kCount - 1) / kCount;
  for (std::uint64_t i = w.index(); i < packs; i += w.blocks * w.threads) {
    Pack<Element, kCount> g;
    Pack<Float32, kCount> p;
    Pack<Float32, kCount> m;
    Pack<Float32, kCount> v;
    g.load(static_cast<const Bits*>(state.gradients), i, state.count);
    p.load(words(state.parameters), i, state.count);
    m.load(words(state.first_moments), i, state.count);
    v.load(words(state.second_moments), i, state.count);
    for (unsigned j = 0; j < kCount; ++j) {
      const float gradient = g.values[j];
      m.values[j] = step.beta1 * m.values[j] + (1 - step.beta1) * gradient;
      v.values[j] = step.beta2 * v.values[j] + (1 - step.beta2) * gradient * gradient;
      const float direction =
          m.values[j] * step.correction1 / (sqrtf(v.values[j] * step.correction2) + step.epsilon);
      p.values[j] -= step.rate * (direction + step.decay * p.values[j]);
      g.values[j] = p.values[j];
    }
    p.store(words(state.parameters), i, state.count);
    m.store(words(state.first_moments), i, state.count);
    v.store(words(state.second_moments), i, state.count);
    if (state.copy != nullptr) {
      g.store(static_cast<Bits*>(state.copy), i, state.count);
    }
  }
}

/// Calls f(Element{}) for the types that layers are kept in and returns true, or false.
template <typename F>
bool with_float_element(DataType type, const F& f) {
  switch (type) {
    case DataType::kFloat16:
      return f(Float16{}), true;
    case DataType::kBfloat16:
      return f(Bfloat16{}), true;
    case DataType::kFloat32:
      return f(Float32{}), true;
    default:
      return false;
  }
}

}  // namespace fabricast
