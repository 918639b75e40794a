#include "tests/report/golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace fabricast::test {

namespace {

bool renewing() {
  const char* wish = std::getenv("FABRICAST_RENEW_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
  return wish != nullptr && std::string(wish) == "1";
}

}  // namespace

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(FABRICAST_SOURCE_DIR) + "/tests/golden/report/" + name;
  if (renewing()) {
    std::ofstream(path, std::ios::binary) << text;
    GTEST_SKIP() << "renewed " << path;
  }
  std::ifstream in(path, std::ios::binary);
  ASSERT_TRUE(in) << path << " is missing; FABRICAST_RENEW_GOLDEN=1 writes it";
  std::stringstream stored;
  stored << in.rdbuf();
  EXPECT_EQ(text, stored.str()) << "if the change is meant: FABRICAST_RENEW_GOLDEN=1 writes "
                                << path;
}

}  // namespace fabricast::test
