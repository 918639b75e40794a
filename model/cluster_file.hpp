// Cluster files by name, and on their way from text to a Cluster.
#pragma once

#include "core/error.hpp"
#include "model/cluster.hpp"
#include "model/toml_reader.hpp"

#include <string>
#include <vector>

namespace fabricast {

struct ClusterText {
  std::string file;  // for messages
  std::string text;
};

/// The text of a built-in cluster by its name or one of its aliases, or of the file at a path.
/// Throws Error when there is none.
ClusterText find_cluster_text(const std::string& name_or_path);

/// What a text says, or says after some values were replaced.
struct ClusterFile {
  std::string name;  // for messages
  TomlValue root;
};

/// Faults of the schema, or, if there are none, contradictions between values.
std::vector<Error> faults_of(const ClusterFile& file);

/// Throws the first fault.
Cluster make_cluster(const ClusterFile& file);

}  // namespace fabricast
