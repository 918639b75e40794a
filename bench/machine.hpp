// What this machine is, for the record and for `doctor`.
#pragma once

#include <cstdint>
#include <string>

namespace fabricast {

/// "AMD EPYC 9654 96-Core Processor", from the operating system.
std::string processor_name();
std::string host_name();
/// Bytes that can still be allocated without swapping.
std::uint64_t available_memory();
/// "Debian GNU/Linux 12 (bookworm), Linux 6.1.0".
std::string operating_system();

}  // namespace fabricast
