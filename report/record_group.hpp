// Records that may stand in one table or figure: only size and algorithm differ.
#pragma once

#include "core/record.hpp"

#include <string>
#include <vector>

namespace fabricast {

struct RecordGroup {
  Collective collective = Collective::kAllReduce;
  DataType type = DataType::kFloat32;
  ReduceOp op = ReduceOp::kSum;
  int ranks = 0;
  int ranks_per_node = 0;
  std::vector<const Record*> rows;  // as long as the records that they were made from
};

/// Groups in the order in which they first appear; rows keep their order.
std::vector<RecordGroup> group_records(const std::vector<Record>& records);

/// "all_reduce, float32, 16 ranks, 8 per node"; operators other than sum are named: "float32 prod".
std::string heading(const RecordGroup& group);

/// "4 ranks", "16 ranks, 8 per node": the second part only where there are several nodes.
std::string ranks_text(int ranks, int ranks_per_node);

/// "nccl/ring", "nccl/library in place", "nccl/library graph=on".
std::string variant(const Record& record);

}  // namespace fabricast
