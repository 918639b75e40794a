// cuBLASLt as a library that may be missing.
#include "bench/compute/cublaslt_api.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(CublasLtApi, ALibraryThatIsNotThereIsOneLineWithTheRemedy) {
  const CublasLtLibrary library = load_cublaslt("/nonexistent/libcublasLt.so.13");
  EXPECT_EQ(library.version, 0U);
  EXPECT_NE(library.why_missing.find("/nonexistent/libcublasLt.so.13"), std::string::npos);
  EXPECT_NE(library.why_missing.find("FABRICAST_CUBLASLT_LIBRARY"), std::string::npos);
  EXPECT_EQ(library.why_missing.find('\n'), std::string::npos);
}

TEST(CublasLtApi, ALibraryThatIsAnotherNamesWhatItLacks) {
  const CublasLtLibrary library = load_cublaslt("libc.so.6");
  EXPECT_NE(library.why_missing.find("libc.so.6 has no cublasLt"), std::string::npos)
      << library.why_missing;
}

TEST(CublasLtApi, AnInstalledLibraryHasEveryCall) {
  const CublasLtLibrary library =
      load_cublaslt("libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR));
  if (library.version == 0) {
    GTEST_SKIP() << library.why_missing;
  }
  EXPECT_EQ(library.why_missing, "");
  EXPECT_EQ(library.version / 10000, std::size_t{CUBLAS_VER_MAJOR});
}

TEST(CublasLtApi, VersionsAreReadAsTheyAreCounted) {
  EXPECT_EQ(cublaslt_version_text(130002), "13.0.2");
  EXPECT_EQ(cublaslt_version_text(120805), "12.8.5");
}

}  // namespace
}  // namespace fabricast
