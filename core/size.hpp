// Message sizes as people write them: 8, 64K, 1M, 1G are powers of 1024, as in nccl-tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// "64K" -> 65536. Accepts K, M, G, T with an optional "B" or "iB". Throws Error on anything else,
/// negative numbers and overflow included. `what` names the option or column in the message.
std::uint64_t parse_size(std::string_view text, std::string_view what);

/// "8,64K,1M" -> {8, 65536, 1048576}. Empty items and an empty list are errors.
std::vector<std::uint64_t> parse_size_list(std::string_view text, std::string_view what);

/// 65536 -> "64 KiB", 1000 -> "1000 B": exact, in the largest power of 1024 that divides.
std::string format_size(std::uint64_t bytes);

}  // namespace fabricast
