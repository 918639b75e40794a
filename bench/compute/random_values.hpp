// What inputs of computations hold: numbers of a normal distribution, because a device that
// multiplies constants or zeros draws less power and runs faster.
#pragma once

#include "core/datatype.hpp"

#include <cstdint>
#include <vector>

namespace fabricast {

/// A table of `kPeriod` numbers, rounded to the type; element i of a buffer that was filled from
/// `shift` on holds number (shift + i) modulo kPeriod. Of the floating types up to 4 bytes.
class RandomValues {
 public:
  /// A prime: no two rows of a matrix begin alike.
  static constexpr std::uint64_t kPeriod = 1'048'573;

  explicit RandomValues(DataType type);

  /// As stored, for PatternView's table.
  [[nodiscard]] const std::vector<std::uint64_t>& bits() const { return bits_; }
  [[nodiscard]] double at(std::uint64_t element) const { return values_[element % kPeriod]; }

 private:
  std::vector<std::uint64_t> bits_;
  std::vector<float> values_;
};

/// The one table of this type, made when it is first asked for.
const RandomValues& random_values(DataType type);

/// An element as it lies in memory. Throws Error for types that computations do not use.
double decode_element(DataType type, const void* element);

}  // namespace fabricast
