#include "model/cluster_file.hpp"

#include "core/names.hpp"
#include "model/cluster_schema.hpp"
#include "model/toml_schema.hpp"

#include <algorithm>
#include <map>

#include "embedded/clusters_files.hpp"

namespace fabricast {

namespace {

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".toml");
}

/// The files by their clusters' other names.
std::map<std::string, const EmbeddedFile*> read_aliases() {
  std::map<std::string, const EmbeddedFile*> files;
  for (const auto& file : clusters_files()) {
    const TomlValue root = read_toml(file.text, "clusters/" + file.name);
    const TomlValue* about = root.find("cluster");
    const TomlValue* aliases = about == nullptr ? nullptr : about->find("aliases");
    if (aliases != nullptr) {
      for (const auto& alias : aliases->items) {
        files.emplace(alias.text, &file);
      }
    }
  }
  return files;
}

const EmbeddedFile* find_built_in(const std::string& name) {
  const auto& files = clusters_files();
  const auto found = std::find_if(files.begin(), files.end(), [&](const EmbeddedFile& file) {
    return file.name == name + ".toml" && file.name != kPartsFile;
  });
  if (found != files.end()) {
    return &*found;
  }
  static const auto aliases = read_aliases();
  const auto alias = aliases.find(name);
  return alias == aliases.end() ? nullptr : alias->second;
}

}  // namespace

std::vector<std::string> cluster_names() {
  std::vector<std::string> names;
  for (const auto& file : clusters_files()) {
    if (file.name != kPartsFile) {
      names.push_back(file.name.substr(0, file.name.rfind('.')));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

ClusterText find_cluster_text(const std::string& name_or_path) {
  if (is_path(name_or_path)) {
    return {name_or_path, read_toml_file(name_or_path)};
  }
  if (const EmbeddedFile* file = find_built_in(name_or_path)) {
    return {"clusters/" + file->name, file->text};
  }
  throw unknown_name(
      "cluster", quotable(name_or_path), cluster_names(), "a file needs a / or .toml");
}

}  // namespace fabricast
