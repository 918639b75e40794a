#include "model/collective/priors.hpp"

#include "core/error.hpp"
#include "model/toml_quantity.hpp"
#include "model/toml_reader.hpp"

#include "embedded/priors_files.hpp"

namespace fabricast {

namespace {

const TomlValue& priors_file() {
  static const TomlValue root =
      read_toml(priors_files().front().text, "model/collective/priors.toml");
  return root;
}

bool is_quantity(const TomlValue& value) {
  return value.kind == TomlValue::Kind::kTable && value.find("v") != nullptr;
}

void collect(const TomlValue& table, const std::string& path, Inputs& inputs) {
  for (const auto& item : table.items) {
    const std::string name = path.empty() ? item.key : path + "." + item.key;
    if (is_quantity(item)) {
      inputs.add(name, read_quantity(item));
    } else if (item.kind == TomlValue::Kind::kTable) {
      collect(item, name, inputs);
    }
  }
}

}  // namespace

Inputs prior_inputs() {
  static const Inputs priors = [] {
    Inputs inputs;
    collect(priors_file(), "", inputs);
    return inputs;
  }();
  return priors;
}

}  // namespace fabricast
