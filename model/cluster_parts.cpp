#include "model/cluster_parts.hpp"

#include "model/cluster_schema.hpp"
#include "model/toml_schema.hpp"

#include <algorithm>
#include <cassert>

#include "embedded/clusters_files.hpp"

namespace fabricast {

namespace {

TomlValue read_library() {
  const auto& files = clusters_files();
  const auto found = std::find_if(
      files.begin(), files.end(), [](const EmbeddedFile& file) { return file.name == kPartsFile; });
  assert(found != files.end());
  const std::string path = "clusters/" + found->name;
  TomlValue library = read_toml(found->text, path);
  Faults faults(path);
  check_schema(library, parts_rule(), faults);
  if (!faults.all().empty()) {
    throw Error(faults.all().front());
  }
  return library;
}

const TomlValue& built_in_library() {
  static const TomlValue library = read_library();
  return library;
}

const TomlValue* find_in(const TomlValue& file, std::string_view table, std::string_view name) {
  const TomlValue* parts = file.find(table);
  return parts == nullptr ? nullptr : parts->find(name);
}

}  // namespace

Parts::Parts(const TomlValue& cluster_file) : own_(&cluster_file), library_(&built_in_library()) {}

const TomlValue* Parts::find(std::string_view table, std::string_view name) const {
  const TomlValue* own = find_in(*own_, table, name);
  return own != nullptr ? own : find_in(*library_, table, name);
}

const TomlValue& Parts::at(std::string_view table, std::string_view name) const {
  const TomlValue* part = find(table, name);
  assert(part != nullptr);
  return *part;
}

bool Parts::is_own(std::string_view table, std::string_view name) const {
  return find_in(*own_, table, name) != nullptr;
}

std::vector<std::string> Parts::names(std::string_view table) const {
  std::vector<std::string> names;
  for (const TomlValue* file : {own_, library_}) {
    if (const TomlValue* parts = file->find(table)) {
      for (const auto& part : parts->items) {
        names.push_back(part.key);
      }
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace fabricast
