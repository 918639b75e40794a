// workloads/*.toml: the models that are trained, by name or from a file.
#pragma once

#include "core/error.hpp"
#include "core/provenance.hpp"
#include "core/workload.hpp"

#include <string>
#include <vector>

namespace fabricast {

/// A number of a file as it stands there.
struct WorkloadFact {
  std::string key;  // "shape.layers"
  Quantity<double> quantity;
};

struct DescribedWorkload {
  Workload workload;
  std::vector<WorkloadFact> facts;  // in the order of the file
};

/// The built-in names, sorted.
std::vector<std::string> workload_names();

/// A built-in workload by name or alias, or the file at a path (with a / or .toml). Throws Error
/// for a name that does not exist, and for the first fault of the file.
DescribedWorkload load_workload(const std::string& name_or_path);

/// The faults of the schema; if there are none, shapes that contradict each other or the published
/// number of parameters. Throws Error where there is no such file or name.
std::vector<Error> workload_faults(const std::string& name_or_path);

}  // namespace fabricast
