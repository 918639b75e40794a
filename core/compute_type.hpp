// The arithmetic of a computation: how its inputs and its result are stored, and how far a right
// result may be from the exact one.
#pragma once

#include "core/datatype.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace fabricast {

/// Sums are kept in float32 by all of them.
enum class ComputeType { kBfloat16, kFloat16, kFloat8E4M3, kTfloat32, kFloat32 };

struct ComputeTypeInfo {
  ComputeType id;
  std::string_view name;
  std::string_view alias;
  DataType input;
  DataType result;
  double rounding;  // of a result: half a step of its last place, relative
  /// Error of a sum of products, in units of sqrt(sum of their squares): what roundings in between
  /// add up to, with a factor of several to spare. A sum of other products is off by about 1.
  /// float8: tensor cores keep 14 bits of a partial sum (arXiv:2412.19437, section 3.3.2).
  double sum_error;
};

inline constexpr std::array kComputeTypes{
    ComputeTypeInfo{ComputeType::kBfloat16,
                    "bfloat16",    "bf16",
                    DataType::kBfloat16,
                    DataType::kBfloat16,
                    0x1p-8,  0x1p-7 },
    ComputeTypeInfo{ComputeType::kFloat16,
                    "float16",     "half",
                    DataType::kFloat16,
                    DataType::kFloat16,
                    0x1p-11, 0x1p-9 },
    ComputeTypeInfo{ComputeType::kFloat8E4M3,
                    "float8_e4m3", "fp8",
                    DataType::kFloat8E4M3,
                    DataType::kBfloat16,
                    0x1p-8,  0.05   },
    ComputeTypeInfo{ComputeType::kTfloat32,
                    "tfloat32",    "tf32",
                    DataType::kFloat32,
                    DataType::kFloat32,
                    0x1p-24, 0x1p-8 },
    ComputeTypeInfo{ComputeType::kFloat32,
                    "float32",     "float",
                    DataType::kFloat32,
                    DataType::kFloat32,
                    0x1p-24, 0x1p-13},
};

constexpr const ComputeTypeInfo& info(ComputeType t) {
  return kComputeTypes[static_cast<std::size_t>(t)];
}
constexpr std::string_view name(ComputeType t) { return info(t).name; }

constexpr std::optional<ComputeType> find_compute_type(std::string_view name) {
  for (const auto& row : kComputeTypes) {
    if (row.name == name || row.alias == name) {
      return row.id;
    }
  }
  return std::nullopt;
}

}  // namespace fabricast
