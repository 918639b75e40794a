#include "bench/compute/operands.hpp"

#include "bench/compute/random_values.hpp"
#include "kernels/layer_body.hpp"

#include <cmath>

namespace fabricast {

namespace {

Operand input(DataType type, std::uint64_t elements) { return {type, elements}; }
Operand result(DataType type, std::uint64_t elements) {
  return {type, elements, Filling::kPoison, true};
}
Operand state(std::uint64_t elements, Filling filling) {
  return {DataType::kFloat32, elements, filling, true};
}

/// Inputs of a case by operand and element.
class CaseInputs {
 public:
  explicit CaseInputs(const ComputeCase& c) : random_(random_values(info(c.type).input)) {}
  [[nodiscard]] double at(std::size_t operand, std::uint64_t element) const {
    return random_.at(shift_of(operand) + element);
  }

 private:
  const RandomValues& random_;
};

ExpectedElement product_element(const ComputeCase& c, std::uint64_t element) {
  const LayerWork& w = c.work;
  const ProductLayout layout = layout_of(c);
  const std::uint64_t i = element / w.n;
  const std::uint64_t j = element % w.n;
  const CaseInputs in(c);
  double sum = 0;
  double squares = 0;
  for (std::uint64_t l = 0; l < w.k; ++l) {
    const double term = in.at(0, layout.a_by_rows ? i * w.k + l : l * w.m + i) *
                        in.at(1, layout.b_by_columns ? j * w.k + l : l * w.n + j);
    sum += term;
    squares += term * term;
  }
  return {sum, info(c.type).sum_error * std::sqrt(squares)};
}

double norm_element(const ComputeCase& c, std::uint64_t element) {
  const std::uint64_t columns = c.work.n;
  const std::uint64_t first = element / columns * columns;
  const CaseInputs in(c);
  double squares = 0;
  for (std::uint64_t i = first; i < first + columns; ++i) {
    squares += in.at(0, i) * in.at(0, i);
  }
  return in.at(0, element) * in.at(1, element - first) /
         std::sqrt(squares / static_cast<double>(columns) + 1e-5);
}

double swiglu_element(const ComputeCase& c, std::uint64_t element) {
  const std::uint64_t columns = c.work.n;
  const std::uint64_t at = element / columns * 2 * columns + element % columns;
  const CaseInputs in(c);
  const double gate = in.at(0, at);
  return gate / (1 + std::exp(-gate)) * in.at(0, at + columns);
}

double gelu_element(const ComputeCase& c, std::uint64_t element) {
  const double x = CaseInputs(c).at(0, element);
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

// One gradient again and again: both corrected moments stay what they are after the first step.
double adam_element(const ComputeCase& c, std::uint64_t element, int steps) {
  const AdamStep adam;
  const double gradient = CaseInputs(c).at(0, element);
  const double direction = gradient / (std::abs(gradient) + double{adam.epsilon});
  double parameter = random_values(DataType::kFloat32).at(shift_of(1) + element);
  for (int t = 0; t < steps; ++t) {
    parameter -= double{adam.rate} * (direction + double{adam.decay} * parameter);
  }
  return parameter;
}

double moved_element(const ComputeCase& c, std::uint64_t element, int steps) {
  switch (c.work.part) {
    case LayerPart::kNorm:
      return norm_element(c, element);
    case LayerPart::kSwiglu:
      return swiglu_element(c, element);
    case LayerPart::kGelu:
      return gelu_element(c, element);
    case LayerPart::kOptimizer:
      return adam_element(c, element, steps);
    default: {
      const CaseInputs in(c);
      return in.at(0, element) + in.at(1, element);
    }
  }
}

}  // namespace

std::vector<Operand> operands_of(const ComputeCase& c) {
  const LayerWork& w = c.work;
  const DataType in = info(c.type).input;
  const DataType out = info(c.type).result;
  const std::uint64_t elements = w.m * w.n;
  switch (w.part) {
    case LayerPart::kNorm:
      return {input(in, elements), input(in, w.n), result(out, elements)};
    case LayerPart::kResidual:
      return {input(in, elements), input(in, elements), result(out, elements)};
    case LayerPart::kSwiglu:
      return {input(in, 2 * elements), result(out, elements)};
    case LayerPart::kGelu:
      return {input(in, elements), result(out, elements)};
    case LayerPart::kOptimizer:
      return {input(in, elements),
              state(elements, Filling::kRandom),
              state(elements, Filling::kZero),
              state(elements, Filling::kZero),
              result(in, in == DataType::kFloat32 ? 0 : elements)};
    default:
      return {input(in, w.m * w.k), input(in, w.k * w.n), result(out, elements)};
  }
}

std::size_t result_operand(const ComputeCase& c) {
  return c.work.part == LayerPart::kOptimizer ? 1 : operands_of(c).size() - 1;
}

ProductLayout layout_of(const ComputeCase& c) {
  if (c.type == ComputeType::kFloat8E4M3) {
    return {true, true};
  }
  return {c.work.pass != LayerPass::kWeightGradient, c.work.pass == LayerPass::kForward};
}

std::uint64_t shift_of(std::size_t operand) { return 349'529 * operand; }

bool ExpectedElement::accepts(double got) const { return std::abs(got - value) <= tolerance; }

ExpectedElement expected_element(const ComputeCase& c, std::uint64_t element, int steps) {
  ExpectedElement expected;
  double rounding = info(c.type).rounding;
  if (info(c.work.part).product) {
    expected = product_element(c, element);
  } else {
    // What float32 loses in sums over a row and in many steps of the optimizer; one step that is
    // missing is a hundred times more.
    constexpr double kFloat32Error = 0x1p-16;
    const double value = moved_element(c, element, steps);
    expected = {value, kFloat32Error * (1 + std::abs(value))};
    if (c.work.part == LayerPart::kOptimizer) {
      rounding = 0;
    }
  }
  expected.tolerance += 2 * rounding * std::abs(expected.value);
  return expected;
}

}  // namespace fabricast
