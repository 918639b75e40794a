// NCCL's side of profiler and tuner plugins, and its choice of an algorithm: which interface each
// version speaks, in which order it tells what, what NCCL_ALGO and NCCL_PROTO leave.
//
// NCCL_PROFILER_PLUGIN, NCCL_TUNER_PLUGIN, NCCL_ALGO, NCCL_PROTO   as NCCL reads them
// FAKE_NCCL_SYMMETRIC=1     collectives that have symmetric kernels run in them
// FAKE_NCCL_COPY_ENGINE=1   all-gather, all-to-all, gather and scatter run on copy engines
#pragma once

#include <nccl.h>

#include <cstddef>
#include <string>

namespace fakes {

/// A collective call as the tuner sees it.
struct Launch {
  const char* function = "";  // "AllReduce"; "" for sends and receives
  int number = 0;             // ncclFunc_t
  std::size_t bytes = 0;
  std::size_t count = 0;
  int ranks = 0;
};

/// One communicator's connection with the plugins, opened when it is made.
class Plugins {
 public:
  explicit Plugins(int version);

  /// Chooses and tells. `why` is filled where nothing is left to choose from.
  ncclResult_t launch(const Launch& launch, std::string* why) const;

 private:
  int version_;
  void* context_ = nullptr;  // the profiler's
};

}  // namespace fakes
