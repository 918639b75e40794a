#include "bench/record_writer.hpp"

#include "core/error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <unistd.h>

namespace fabricast {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& path) {
  const int code = errno;
  throw Error(what + ": " + std::strerror(code),
              path,
              code == ENOSPC
                  ? "free space there, or another place with --out; rows written so far are kept"
                  : "another place with --out");
}

template <typename AnyRecord>
std::string line_of(const AnyRecord& record) {
  std::ostringstream line;
  write_jsonl(line, record);
  return line.str();
}

bool write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0 || errno == EINVAL;  // EINVAL: a pipe or /dev/null cannot be synced
}

}  // namespace

RecordWriter::RecordWriter(const std::string& path) : path_(path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code status;
  if (!folder.empty()) {
    std::filesystem::create_directories(folder, status);
    if (status) {
      throw Error("cannot make the folder " + folder.string() + ": " + status.message(),
                  "",
                  "another place with --out");
    }
  }
  file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) {
    refuse("cannot write results", path);
  }
}

RecordWriter::~RecordWriter() { close(file_); }

void RecordWriter::append(const Record& record) { append_line(line_of(record)); }

void RecordWriter::append(const TrainingRecord& record) { append_line(line_of(record)); }

void RecordWriter::append(const ComputeRecord& record) { append_line(line_of(record)); }

void RecordWriter::append_line(const std::string& line) {
  const off_t before = lseek(file_, 0, SEEK_END);
  if (!write_whole(file_, line)) {
    const int code = errno;
    if (before >= 0 && ftruncate(file_, before) != 0) {
      // A cut last line is also what the reader expects of a killed run.
    }
    errno = code;
    refuse("cannot write results", path_);
  }
}

}  // namespace fabricast
