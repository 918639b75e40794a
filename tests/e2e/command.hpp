// Runs the real program as a user would, and keeps what it said.
#pragma once

#include <filesystem>
#include <string>

namespace fabricast {

struct Said {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// `line` goes to a shell; "@" at the start of a word stands for the program.
Said run(const std::string& line);

/// A folder of this test's own, empty at the start and removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path(const std::string& name = "") const;
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;

 private:
  std::filesystem::path folder_;
};

/// "" or why host ranks cannot be started here.
std::string why_no_ranks();

}  // namespace fabricast
