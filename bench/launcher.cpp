#include "bench/launcher.hpp"

#include "core/error.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace fabricast {

namespace {

volatile std::sig_atomic_t g_child = 0;
volatile std::sig_atomic_t g_interrupted = 0;

void pass_on(int signal) {
  g_interrupted = 1;
  if (g_child > 0) {
    kill(g_child, signal);
  }
}

// Handlers for the time of waiting, the previous ones afterwards.
class SignalsPassedOn {
 public:
  SignalsPassedOn() {
    struct sigaction action {};
    action.sa_handler = pass_on;
    sigaction(SIGINT, &action, &old_int_);
    sigaction(SIGTERM, &action, &old_term_);
  }
  ~SignalsPassedOn() {
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
  }
  SignalsPassedOn(const SignalsPassedOn&) = delete;
  SignalsPassedOn& operator=(const SignalsPassedOn&) = delete;

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (auto& word : words) {
    list.push_back(word.data());
  }
  list.push_back(nullptr);
  return list;
}

// Open MPI refuses to run as root unless its environment says otherwise. A user's own setting wins.
std::vector<std::string> child_environment() {
  std::vector<std::string> settings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    settings.emplace_back(*entry);
  }
  const auto add = [&settings](const char* key, const char* value) {
    if (std::getenv(key) == nullptr) {
      settings.push_back(std::string(key) + "=" + value);
    }
  };
  if (geteuid() == 0) {
    add("OMPI_ALLOW_RUN_AS_ROOT", "1");
    add("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
  }
  return settings;
}

// What is written to one end comes out of the other.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) {
      throw Error(
          std::string("no pipe to a child: ") + std::strerror(errno), "", "fewer open files");
    }
  }
  ~Pipe() {
    close(ends_[0]);
    close_in();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int in() const { return ends_[1]; }
  void close_in() {
    if (ends_[1] >= 0) {
      close(std::exchange(ends_[1], -1));
    }
  }

  /// Passes everything on to standard error, until all writers have gone; returns the end of it.
  [[nodiscard]] std::string pass_on() const {
    constexpr std::size_t kKept = 8192;
    std::string end;
    std::array<char, 4096> part{};
    for (;;) {
      const ssize_t got = read(ends_[0], part.data(), part.size());
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        return end;
      }
      static_cast<void>(!write(STDERR_FILENO, part.data(), static_cast<std::size_t>(got)));
      end.append(part.data(), static_cast<std::size_t>(got));
      end.erase(0, end.size() > kKept ? end.size() - kKept : 0);
    }
  }

 private:
  int ends_[2] = {-1, -1};
};

// Where a child's standard error goes: into this pipe, if there is one.
class Redirection {
 public:
  explicit Redirection(const Pipe* pipe) {
    posix_spawn_file_actions_init(&actions_);
    if (pipe != nullptr) {
      posix_spawn_file_actions_adddup2(&actions_, pipe->in(), STDERR_FILENO);
    }
  }
  ~Redirection() { posix_spawn_file_actions_destroy(&actions_); }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

pid_t start(std::vector<std::string>& words, const Pipe* pipe) {
  std::vector<std::string> settings = child_environment();
  const Redirection redirection(pipe);
  pid_t child = 0;
  const int status = posix_spawnp(&child,
                                  words.front().c_str(),
                                  redirection.get(),
                                  nullptr,
                                  pointers(words).data(),
                                  pointers(settings).data());
  if (status != 0) {
    throw Error("cannot start " + words.front() + ": " + std::strerror(status),
                "",
                "a program on PATH; for mpirun, check the Open MPI installation");
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return 1;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

bool under_launcher() {
  for (const char* key : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "MPI_LOCALRANKID"}) {
    if (std::getenv(key) != nullptr) {
      return true;
    }
  }
  // srun sets SLURM_PROCID; a plain shell inside an allocation has SLURM_JOB_ID only.
  const char* tasks = std::getenv("SLURM_NTASKS");
  return std::getenv("SLURM_PROCID") != nullptr && tasks != nullptr && std::strcmp(tasks, "1") != 0;
}

int launcher_rank() {
  for (const char* key : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
    if (const char* rank = std::getenv(key); rank != nullptr && under_launcher()) {
      return std::atoi(rank);
    }
  }
  return 0;
}

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    return CPU_COUNT(&set);
  }
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

std::string find_mpirun() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/mpirun";
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return "";
}

std::string own_executable() { return std::filesystem::read_symlink("/proc/self/exe"); }

ChildResult run_under_mpirun(int ranks, const std::vector<std::string>& command) {
  const std::string mpirun = find_mpirun();
  if (mpirun.empty()) {
    throw Error("mpirun is not on PATH", "", "apt install openmpi-bin (Debian, Ubuntu)");
  }
  std::vector<std::string> words{mpirun, "--oversubscribe", "-np", std::to_string(ranks)};
  words.insert(words.end(), {"--bind-to", ranks <= usable_processors() ? "core" : "none"});
  words.insert(words.end(), command.begin(), command.end());

  g_interrupted = 0;
  const SignalsPassedOn signals;
  g_child = start(words, nullptr);
  const int exit_code = wait_for(g_child);
  g_child = 0;
  return {exit_code, g_interrupted != 0, ""};
}

ChildResult run_child(std::vector<std::string> command) {
  g_interrupted = 0;
  const SignalsPassedOn signals;
  Pipe pipe;
  g_child = start(command, &pipe);
  pipe.close_in();
  std::string last_words = pipe.pass_on();
  const int exit_code = wait_for(g_child);
  g_child = 0;
  return {exit_code, g_interrupted != 0, std::move(last_words)};
}

}  // namespace fabricast
