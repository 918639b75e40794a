#include "tests/importers/samples.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace fabricast::test {

const std::vector<Sample>& samples() {
  using enum Collective;
  // clang-format off
  static const std::vector<Sample> list{
      {"2017_all_reduce.txt",            {{kAllReduce, 4, 1, 4, 8}},    "unknown", "2.1",             20},
      {"2017_broadcast.txt",             {{kBroadcast, 4, 1, 4, 4}},    "unknown", "",                20},
      {"2019_all_gather.txt",            {{kAllGather, 8, 1, 23, 44}},  "unknown", "",                20},
      {"2019_reduce.txt",                {{kReduce, 8, 1, 17, 34}},     "unknown", "",                20},
      {"2020_all_to_all.txt",            {{kAllToAll, 8, 1, 23, 44}},   "unknown", "",                20},
      {"2022_all_reduce_noisy.txt",
       {{kAllReduce, 16, 2, 17, 34}},
       "unknown",                                                                  "2.21.5+cuda12.4",
       20                                                                                               },
      {"2022_all_reduce_tagged.txt",     {{kAllReduce, 16, 2, 17, 34}}, "unknown", "",                20},
      {"2025_five_tables.txt",
       {{kAllReduce, 16, 2, 4, 8},
        {kAllGather, 16, 2, 4, 8},
        {kReduceScatter, 16, 2, 4, 8},
        {kAllToAll, 16, 2, 4, 8},
        {kSendRecv, 16, 2, 4, 8}},
       "2.17.8",                                                                   "2.28.9",
       20                                                                                               },
      {"2025_timestamps.txt",            {{kBroadcast, 8, 1, 11, 22}},  "2.17.8",  "2.28.9",          20},
      {"2026_per_iteration.txt",         {{kAllReduce, 8, 1, 11, 22}},  "2.19.6",  "2.30.7",          20},
      {"two_boxes.txt",                  {{kAllReduce, 16, 2, 16, 32}}, "2.17.8",  "2.28.9",          20},
      {"four_boxes_slow.txt",            {{kAllReduce, 32, 4, 16, 32}}, "2.17.8",  "2.28.9",          20},
      {"v1_all_reduce.json",             {{kAllReduce, 16, 2, 4, 7}},   "unknown", "2.28.9",          20},
      {"v2_all_to_all.json",             {{kAllToAll, 16, 2, 4, 8}},    "unknown", "2.28.9",          1 },
      {"v3_all_gather_one_process.json", {{kAllGather, 8, 1, 4, 8}},    "unknown", "2.28.9",          20},
      {"v3_sendrecv_cpu_time.json",      {{kSendRecv, 16, 2, 4, 8}},    "unknown", "2.28.9",          20},
  };
  // clang-format on
  return list;
}

std::string sample_text(const std::string& file) {
  std::ifstream in(std::string(FABRICAST_SOURCE_DIR) + "/tests/importers/samples/" + file,
                   std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<ImportedTable> import_sample(const std::string& file, const ImportOptions& options) {
  return import_log(sample_text(file), file, options);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) {
    ADD_FAILURE() << "the sample has no '" << from << "'";
    return text;
  }
  return text.replace(at, from.size(), to);
}

}  // namespace fabricast::test
