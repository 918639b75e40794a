// The buffers of a computation, and what every element of its result must be.
#pragma once

#include "bench/compute/compute_backend.hpp"
#include "core/datatype.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fabricast {

enum class Filling { kRandom, kZero, kPoison };

struct Operand {
  DataType type = DataType::kFloat32;
  std::uint64_t elements = 0;
  Filling filling = Filling::kRandom;
  bool written = false;  // by the call: filled anew before each sample

  [[nodiscard]] std::uint64_t bytes() const {
    return elements * static_cast<std::uint64_t>(info(type).bytes);
  }
};

/// In the order in which ComputeCall takes them:
///
///     products     a, b, result
///     norm         rows, gain, result
///     residual     rows, rows, result
///     swiglu       rows of gate and up (2 n elements each), result
///     gelu         rows, result
///     optimizer    gradients, parameters, first moments, second moments, copy (none of float32)
std::vector<Operand> operands_of(const ComputeCase& c);

/// Which of them is the result: the parameters of the optimizer, else the last.
std::size_t result_operand(const ComputeCase& c);

/// How the factors of a product lie in memory, as frameworks keep them: tokens and results by rows,
/// weights with one row per output, so that only the data gradient reads them as they are.
/// float8 is always as in the forward pass: tensor cores want it so, and frameworks transpose for
/// them.
struct ProductLayout {
  bool a_by_rows;     // a(i, l) is element i * k + l, else l * m + i
  bool b_by_columns;  // b(l, j) is element j * k + l, else l * n + j
};
ProductLayout layout_of(const ComputeCase& c);

/// Where in RandomValues an operand begins.
std::uint64_t shift_of(std::size_t operand);

struct ExpectedElement {
  double value = 0;
  double tolerance = 0;
  /// Not for infinity or what is not a number.
  [[nodiscard]] bool accepts(double got) const;
};
/// Of the result after `steps` calls on freshly filled buffers (only the optimizer counts them).
/// Computed in double, in time proportional to k of a product and to the row of a norm.
ExpectedElement expected_element(const ComputeCase& c, std::uint64_t element, int steps);

}  // namespace fabricast
