// Option values that several subcommands share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace fabricast {

/// A comma-separated list of words.
CLI::Option* add_list(CLI::App& app,
                      const std::string& name,
                      std::vector<std::string>& list,
                      const std::string& help);

/// A size such as 64K.
CLI::Option* add_size(CLI::App& app,
                      const std::string& name,
                      std::uint64_t& size,
                      const std::string& help);

/// A comma-separated list of sizes.
CLI::Option* add_sizes(CLI::App& app,
                       const std::string& name,
                       std::vector<std::uint64_t>& sizes,
                       const std::string& help);

/// table | csv | json.
CLI::Option* add_format(CLI::App& app, std::string& format);

}  // namespace fabricast
