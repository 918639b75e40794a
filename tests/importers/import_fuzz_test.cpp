// Logs broken in many ways, the same ones in every run: each is read or refused by Error, and what
// is read can be written.

#include "core/error.hpp"
#include "tests/importers/samples.hpp"
#include "tests/mutation.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace fabricast {
namespace {

void survive(const std::string& text) {
  try {
    for (const auto& table : import_log(text, "log", {})) {
      for (const Record& r : table.records) {
        std::ostringstream line;
        write_jsonl(line, r);
        EXPECT_GT(r.ranks, 0);
        EXPECT_LE(r.ranks_per_node, r.ranks);
      }
    }
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("try: "), std::string::npos) << error.what();
  }
}

TEST(ImportFuzz, EverySampleBroken) {
  for (const auto& sample : test::samples()) {
    SCOPED_TRACE(sample.file);
    for (const std::string& text :
         mutants(test::sample_text(sample.file), std::max(10, fuzz_cases() / 4))) {
      survive(text);
    }
  }
}

TEST(ImportFuzz, EverySampleCutAnywhere) {
  for (const auto& sample : test::samples()) {
    const std::string text = test::sample_text(sample.file);
    for (std::size_t end = 0; end < text.size(); end += 1 + text.size() / 100) {
      survive(text.substr(0, end));
    }
  }
}

TEST(ImportFuzz, RepetitionDoesNotBlowUp) {
  const std::string start = "# nThread 1 nGpus 1\n#  Rank  0 on a device 0 [0x1b] X\n";
  for (const std::string piece : {"[1,0]<stdout>:",
                                  "<stdout>:",
                                  "[",
                                  "NCCL INFO ",
                                  "a:1:2 [0] NCCL INFO x\n",
                                  "8 2 float ",
                                  "8 2 float\n",
                                  "1 ",
                                  "1\n",
                                  "#",
                                  "# Rank 1 on b device 0 [0x1b] X\n",
                                  "all_reduce_perf\n",
                                  "all_reduce",
                                  "0: ",
                                  "\"results\":[",
                                  "Test NCCL failure\n"}) {
    std::string text = start;
    while (text.size() < 100'000) {
      text += piece;
    }
    survive(text);
    survive("{" + text);
  }
}

}  // namespace
}  // namespace fabricast
