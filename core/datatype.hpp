// The table of element types.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fabricast {

enum class DataType { kFloat32, kFloat16, kBfloat16, kInt32, kInt64 };

struct DataTypeInfo {
  DataType id;
  std::string_view name;
  std::string_view alias;  // as nccl-tests spells it
  int bytes;
  /// Every integer 0..exact_limit is representable, so sums up to it are exact in any order.
  std::int64_t exact_limit;
};

inline constexpr std::array kDataTypes{
    DataTypeInfo{DataType::kFloat32,  "float32",  "float", 4, 1LL << 24},
    DataTypeInfo{DataType::kFloat16,  "float16",  "half",  2, 1LL << 11},
    DataTypeInfo{DataType::kBfloat16, "bfloat16", "bf16",  2, 1LL << 8 },
    DataTypeInfo{DataType::kInt32,    "int32",    "int",   4, INT32_MAX},
    DataTypeInfo{DataType::kInt64,    "int64",    "long",  8, INT64_MAX},
};

constexpr const DataTypeInfo& info(DataType t) { return kDataTypes[static_cast<std::size_t>(t)]; }
constexpr std::string_view name(DataType t) { return info(t).name; }

constexpr std::optional<DataType> find_data_type(std::string_view name) {
  for (const auto& row : kDataTypes) {
    if (row.name == name || row.alias == name) {
      return row.id;
    }
  }
  return std::nullopt;
}

}  // namespace fabricast
