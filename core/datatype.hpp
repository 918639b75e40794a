// The table of element types.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fabricast {

enum class DataType {
  kFloat32,
  kFloat16,
  kBfloat16,
  kInt32,
  kInt64,
  kFloat64,
  kInt8,
  kUint8,
  kUint32,
  kUint64,
  kFloat8E4M3,
  kFloat8E5M2,
};

struct DataTypeInfo {
  DataType id;
  std::string_view name;
  std::string_view alias;  // as nccl-tests spells it
  int bytes;
  /// Every integer 0..exact_limit is representable, so sums up to it are exact in any order.
  std::int64_t exact_limit;
};

inline constexpr std::array kDataTypes{
    DataTypeInfo{DataType::kFloat32,    "float32",     "float",  4, 1LL << 24 },
    DataTypeInfo{DataType::kFloat16,    "float16",     "half",   2, 1LL << 11 },
    DataTypeInfo{DataType::kBfloat16,   "bfloat16",    "bf16",   2, 1LL << 8  },
    DataTypeInfo{DataType::kInt32,      "int32",       "int",    4, INT32_MAX },
    DataTypeInfo{DataType::kInt64,      "int64",       "long",   8, INT64_MAX },
    DataTypeInfo{DataType::kFloat64,    "float64",     "double", 8, 1LL << 53 },
    DataTypeInfo{DataType::kInt8,       "int8",        "char",   1, INT8_MAX  },
    DataTypeInfo{DataType::kUint8,      "uint8",       "",       1, UINT8_MAX },
    DataTypeInfo{DataType::kUint32,     "uint32",      "",       4, UINT32_MAX},
    DataTypeInfo{DataType::kUint64,     "uint64",      "",       8, INT64_MAX },
    DataTypeInfo{DataType::kFloat8E4M3, "float8_e4m3", "f8e4m3", 1, 1LL << 4  },
    DataTypeInfo{DataType::kFloat8E5M2, "float8_e5m2", "f8e5m2", 1, 1LL << 3  },
};

constexpr const DataTypeInfo& info(DataType t) { return kDataTypes[static_cast<std::size_t>(t)]; }
constexpr std::string_view name(DataType t) { return info(t).name; }

constexpr std::optional<DataType> find_data_type(std::string_view name) {
  for (const auto& row : kDataTypes) {
    if (row.name == name || (!name.empty() && row.alias == name)) {
      return row.id;
    }
  }
  return std::nullopt;
}

}  // namespace fabricast
