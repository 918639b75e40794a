// The first NCCL call of a case: what NCCL chose, or that it refuses what it was forced to.
#pragma once

#include "bench/backends/nccl_api.hpp"
#include "bench/backends/nccl_observer.hpp"

#include <optional>
#include <string_view>

namespace fabricast {

class NcclFirstCall {
 public:
  /// `something_moves`: without it NCCL launches nothing, and there is nothing to learn.
  explicit NcclFirstCall(bool something_moves) : pending_(something_moves) {}

  /// Around the calls of all local ranks. NCCL tells of the first only, so that no call that is
  /// timed pays for it; without warm-up that is the first sample, which is the slow one anyway.
  class Watch {
   public:
    explicit Watch(NcclFirstCall& first);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    NcclFirstCall& first_;
    std::optional<NcclLook> look_;
  };

  /// Throws Error unless the call was good. Where a single cell was asked for, a refusal is bad
  /// usage: nothing is wrong with the machine.
  static void check(ncclResult_t status, std::string_view call);

  [[nodiscard]] const std::optional<Chosen>& chosen() const { return chosen_; }

 private:
  bool pending_;
  std::optional<Chosen> chosen_;
};

}  // namespace fabricast
