#include "bench/record_writer.hpp"

#include "core/error.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace fabricast {
namespace {

namespace fs = std::filesystem;

Record row() {
  Record r;
  r.ranks = r.ranks_per_node = 1;
  r.samples_us = {1, 2, 3};
  return r;
}

TEST(RecordWriter, MakesFoldersAndAppends) {
  const fs::path folder = fs::temp_directory_path() / "fabricast_writer_test";
  fs::remove_all(folder);
  const std::string path = (folder / "a" / "b.jsonl").string();
  RecordWriter(path).append(row());
  RecordWriter(path).append(row());
  EXPECT_EQ(read_jsonl(path).records.size(), 2U);
  fs::remove_all(folder);
}

TEST(RecordWriter, AFullDiskIsAnErrorWithARemedy) {
  if (!fs::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  RecordWriter writer("/dev/full");
  try {
    writer.append(row());
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos) << error.what();
    EXPECT_EQ(error.exit_code(), ExitCode::kBadInput);
  }
}

TEST(RecordWriter, APlaceThatCannotBeWrittenIsRefusedAtOnce) {
  EXPECT_THROW(RecordWriter("/proc/fabricast/rows.jsonl"), Error);
  EXPECT_THROW(RecordWriter("/"), Error);
}

}  // namespace
}  // namespace fabricast
