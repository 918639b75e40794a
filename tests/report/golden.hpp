// Comparison with the files of tests/golden/report, byte for byte.
#pragma once

#include <string>

namespace fabricast::test {

/// Fails where `text` differs from tests/golden/report/<name>. With FABRICAST_RENEW_GOLDEN=1 in the
/// environment the file is written instead and the test says that it is skipped: review the
/// difference with git, then commit it.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace fabricast::test
