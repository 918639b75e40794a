// Who started this process: a person, or mpirun / srun as one of several.
#pragma once

#include <string>
#include <vector>

namespace fabricast {

/// True under mpirun, mpiexec or srun with more than one task or an MPI environment.
bool under_launcher();

/// This process's rank under a launcher, before MPI is started; 0 without one.
int launcher_rank();

/// Processors that this process may use.
int usable_processors();

/// Path of mpirun on PATH, or "".
std::string find_mpirun();

struct ChildResult {
  int exit_code = 0;         // 128 + signal when it was killed
  bool interrupted = false;  // this process got SIGINT or SIGTERM while it waited
  std::string last_words;    // the end of its standard error, which was passed on; of run_child
};

/// Starts `command`, found on PATH, and waits as below.
ChildResult run_child(std::vector<std::string> command);

/// Starts `mpirun` with `ranks` processes of `command` (no shell in between) and waits. More ranks
/// than processors are allowed and left unbound. SIGINT and SIGTERM are passed on, and the child is
/// waited for. Throws Error when it cannot be started.
ChildResult run_under_mpirun(int ranks, const std::vector<std::string>& command);

/// The running program, for starting it again.
std::string own_executable();

}  // namespace fabricast
