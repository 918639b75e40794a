#include "tests/e2e/command.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

namespace fabricast {

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string with_program(std::string line) {
  for (auto at = line.find('@'); at != std::string::npos; at = line.find('@', at + 1)) {
    if (at == 0 || line[at - 1] == ' ') {
      line.replace(at, 1, FABRICAST_PROGRAM);
    }
  }
  return line;
}

}  // namespace

Said run(const std::string& line) {
  // Open MPI refuses root, as which containers and CI run, unless it is told twice.
  setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  const Folder folder;
  const std::string command = "(" + with_program(line) + ") >" + folder.path("out") + " 2>" +
                              folder.path("err") + " </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          text_of(folder.path("out")),
          text_of(folder.path("err"))};
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "fabricast-e2e-XXXXXX").string();
  folder_ = mkdtemp(name.data());
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Folder::path(const std::string& name) const { return (folder_ / name).string(); }

void Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name) << text;
}

std::string Folder::read(const std::string& name) const { return text_of(folder_ / name); }

std::string why_no_ranks() {
  return std::system("mpirun --version >/dev/null 2>&1") == 0 ? "" : "no mpirun on this machine";
}

}  // namespace fabricast
