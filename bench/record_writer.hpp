// Appends records to a file so that a finished row is never lost.
#pragma once

#include "core/record.hpp"

#include <string>

namespace fabricast {

class RecordWriter {
 public:
  /// Opens (creates, or appends to) `path`, folders included. Throws Error when that cannot be
  /// done.
  explicit RecordWriter(const std::string& path);
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  /// On disk when it returns. Throws Error (disk full...) with the rows before it intact: a row
  /// that could not be written whole is taken back.
  void append(const Record& record);
  void append(const TrainingRecord& record);
  void append(const ComputeRecord& record);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void append_line(const std::string& line);

  std::string path_;
  int file_ = -1;
};

}  // namespace fabricast
