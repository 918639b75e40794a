// Records that a subcommand is given: their files, and what they say of where they come from.
#pragma once

#include "core/record.hpp"

#include <string>
#include <vector>

namespace fabricast {

/// The records of collectives in several .jsonl files; "-" is standard input. Unfinished last
/// lines, training patterns and computations, which are left out, are reported on stderr.
std::vector<Record> read_records(const std::vector<std::string>& files);

/// The version of NCCL that the records say, "" where none does or the model does not know it; of
/// several the newest. What is not clear is said on stderr.
std::string nccl_version_of(const std::vector<Record>& records);

/// The built-in cluster of these records: of one node by the GPU's name. Throws Error for several
/// nodes, because records do not say which network joins them, and for a machine without a file;
/// the remedy lists the names.
std::string wiring_of(const std::vector<Record>& records);

}  // namespace fabricast
