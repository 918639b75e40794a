// Lines of a log without what launchers and NCCL put into them.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// The words between spaces and tabs.
std::vector<std::string_view> words_of(std::string_view line);

/// Without the tags of mpirun ("[1,0]<stdout>:", anywhere in the line, because a row is printed in
/// pieces), srun -l ("0: "), others' "[0] ", "host: " and time stamps at its start.
std::string without_tags(std::string_view line);

/// Without a message of NCCL (NCCL_DEBUG=INFO), which may be glued to the piece of a row that was
/// printed before it: "sum      -1node7:12:34 [0] NCCL INFO ...". `hosts` are names that messages
/// are known to begin with.
std::string without_nccl_message(const std::string& line,
                                 const std::set<std::string, std::less<>>& hosts);

}  // namespace fabricast
