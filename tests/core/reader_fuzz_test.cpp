// Records and CSV broken in many ways, the same ones in every run: each reads or is refused by
// Error.

#include "core/csv.hpp"
#include "core/error.hpp"
#include "core/record.hpp"
#include "tests/mutation.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace fabricast {
namespace {

// Writes each mutant to a file and reads it: anything but success or Error fails the test.
void expect_survival(const std::string& seed, const std::function<void(const std::string&)>& read) {
  const auto path = (std::filesystem::temp_directory_path() /
                     (std::string("fabricast_fuzz_") +
                      testing::UnitTest::GetInstance()->current_test_info()->name()))
                        .string();
  int refused = 0;
  for (const std::string& mutant : mutants(seed, fuzz_cases())) {
    std::ofstream(path, std::ios::binary) << mutant;
    try {
      read(path);
    } catch (const Error& error) {
      ++refused;
      EXPECT_NE(std::string(error.what()).find("try: "), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(refused, fuzz_cases() / 4) << "mutants that are rarely refused test nothing";
  std::filesystem::remove(path);
}

TEST(ReaderFuzz, Records) {
  Record r;
  r.origin.command_line = "fabricast measure -o \"x\"";
  r.origin.versions = {
      {"mpi", "4.1.4"}
  };
  r.ranks = r.ranks_per_node = 2;
  r.samples_us = {1.5, 2.5, 3.5};
  r.rank_median_us = {1, 2};
  std::ostringstream line;
  write_jsonl(line, r);
  expect_survival(line.str() + line.str(), [](const std::string& path) { read_jsonl(path); });
}

TEST(ReaderFuzz, Csv) {
  expect_survival("case_id,cluster,bytes\na,\"x,\"\"y\"\"\",8\nb,z,1G\n",
                  [](const std::string& path) {
                    read_csv(path, {"case_id", "bytes"}, {"case_id", "cluster", "bytes"});
                  });
}

TEST(ReaderFuzz, DeepNestingDoesNotOverflowTheStack) {
  const auto path = (std::filesystem::temp_directory_path() / "fabricast_fuzz_deep").string();
  std::ofstream(path) << std::string(1'000'000, '[') << '\n';
  EXPECT_THROW(read_jsonl(path), Error);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace fabricast
