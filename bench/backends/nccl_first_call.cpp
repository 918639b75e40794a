#include "bench/backends/nccl_first_call.hpp"

#include "bench/environment.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace fabricast {

NcclFirstCall::Watch::Watch(NcclFirstCall& first) : first_(first) {
  if (std::exchange(first.pending_, false)) {
    look_.emplace();
  }
}

NcclFirstCall::Watch::~Watch() {
  if (look_) {
    first_.chosen_ = conclude(NcclLook::account());
  }
}

void NcclFirstCall::check(ncclResult_t status, std::string_view call) {
  if (status == ncclInvalidUsage) {
    if (const auto cell = forced_cell(recorded_environment("nccl"))) {
      throw Error(fmt::format("NCCL {} does not run {} by {} here",
                              nccl_version_text(nccl_library().version),
                              call,
                              text(*cell)),
                  "",
                  "another cell; NCCL_DEBUG=WARN tells more");
    }
  }
  check_nccl(status, call, __FILE__, __LINE__);
}

}  // namespace fabricast
