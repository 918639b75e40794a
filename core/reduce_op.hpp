// The table of reduction operators.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace fabricast {

enum class ReduceOp { kSum, kProd, kMin, kMax, kAvg, kPreMulSum };

struct ReduceOpInfo {
  ReduceOp id;
  std::string_view name;  // as nccl-tests spells it; mulsum: each rank's data times kPreFactor
};

inline constexpr std::array kReduceOps{
    ReduceOpInfo{ReduceOp::kSum,       "sum"   },
    ReduceOpInfo{ReduceOp::kProd,      "prod"  },
    ReduceOpInfo{ReduceOp::kMin,       "min"   },
    ReduceOpInfo{ReduceOp::kMax,       "max"   },
    ReduceOpInfo{ReduceOp::kAvg,       "avg"   },
    ReduceOpInfo{ReduceOp::kPreMulSum, "mulsum"},
};

/// Of pre-multiplied sums; exact in every type.
inline constexpr int kPreFactor = 2;

constexpr std::string_view name(ReduceOp op) {
  return kReduceOps[static_cast<std::size_t>(op)].name;
}

constexpr std::optional<ReduceOp> find_reduce_op(std::string_view name) {
  for (const auto& row : kReduceOps) {
    if (row.name == name) {
      return row.id;
    }
  }
  return std::nullopt;
}

}  // namespace fabricast
