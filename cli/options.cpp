#include "cli/options.hpp"

#include "core/size.hpp"

namespace fabricast {

CLI::Option* add_list(CLI::App& app,
                      const std::string& name,
                      std::vector<std::string>& list,
                      const std::string& help) {
  return app.add_option(name, list, help)->delimiter(',')->type_name("LIST");
}

CLI::Option* add_size(CLI::App& app,
                      const std::string& name,
                      std::uint64_t& size,
                      const std::string& help) {
  const auto read = [&size, name](const std::string& text) { size = parse_size(text, name); };
  return app.add_option_function<std::string>(name, read, help)->type_name("SIZE");
}

CLI::Option* add_sizes(CLI::App& app,
                       const std::string& name,
                       std::vector<std::uint64_t>& sizes,
                       const std::string& help) {
  const auto read = [&sizes, name](const std::string& text) {
    sizes = parse_size_list(text, name);
  };
  return app.add_option_function<std::string>(name, read, help)->type_name("SIZES");
}

CLI::Option* add_format(CLI::App& app, std::string& format) {
  return app.add_option("--format", format, "Output on stdout")
      ->check(CLI::IsMember({"table", "csv", "json"}))
      ->capture_default_str();
}

}  // namespace fabricast
