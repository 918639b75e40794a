// What can run a collective: MPI's own, our algorithms over point-to-point, NCCL. One file each in
// bench/backends/.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "core/chosen.hpp"
#include "core/collective.hpp"
#include "core/datatype.hpp"
#include "core/gpu_state.hpp"
#include "core/reduce_op.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

struct Case {
  Collective collective = Collective::kAllReduce;
  std::string algorithm;  // "library", or a row of core/algorithm.hpp
  DataType type = DataType::kFloat32;
  std::uint64_t count = 0;  // elements as the collective's count argument
  ReduceOp op = ReduceOp::kSum;
  bool in_place = false;
};

/// What one call took on one rank.
struct RankTime {
  Seconds host;                        // from the call to its completion
  std::optional<Seconds> device = {};  // by the GPU's clock, where there is one
};

/// A case with its buffers, on the ranks that live in this process.
class Operation {
 public:
  virtual ~Operation() = default;
  /// Writes this iteration's pattern into the send side and poison into the receive side and
  /// guards.
  virtual void fill(std::uint64_t iteration) = 0;
  /// One call, to completion, on every local rank. Returns each local rank's own time.
  virtual std::vector<RankTime> run() = 0;
  /// Elements (guards included) that are not what the pattern says, on the local ranks.
  virtual std::uint64_t wrong_elements(std::uint64_t iteration) = 0;
  /// What the library ran in the first call; nothing where it does not tell.
  [[nodiscard]] virtual std::optional<Chosen> chosen() const { return std::nullopt; }
  /// Flips one bit of one local rank's received data: proves that the check can fail.
  virtual void flip_bit(std::uint64_t random) = 0;
};

/// What of a schedule runs.
enum class SchedulePart { kBoth, kCommunication, kCompute };

/// A training step on the ranks that live in this process.
class ScheduleOperation : public Operation {
 public:
  struct Busy {
    Seconds compute;        // in matrix products
    Seconds communication;  // with at least one transfer under way
  };
  /// One per call of run, in order: the largest of the local ranks.
  [[nodiscard]] virtual const std::vector<Busy>& busy() const = 0;
};

/// A collective that a backend can run, with the names of the algorithms it offers for it.
struct Offer {
  Collective collective;
  std::vector<std::string> algorithms;
};

class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual int ranks() const = 0;        // of the whole job
  [[nodiscard]] virtual int local_ranks() const = 0;  // in this process
  [[nodiscard]] virtual int ranks_per_node() const = 0;
  [[nodiscard]] virtual std::string machine() const = 0;  // processor or GPU, in words
  /// Processors that the ranks of this host share; more ranks than that is oversubscribed.
  [[nodiscard]] virtual int processors() const = 0;
  [[nodiscard]] virtual bool oversubscribed() const = 0;
  [[nodiscard]] virtual std::map<std::string, std::string> versions() const = 0;
  [[nodiscard]] virtual std::vector<Offer> offers() const = 0;
  /// "" or why this case cannot run here; the same answer on every rank.
  [[nodiscard]] virtual std::string why_not(const Case& c) const = 0;
  /// Bytes that the ranks of this host can share, before any is allocated.
  [[nodiscard]] virtual std::uint64_t available_memory() const = 0;
  /// Bytes of buffers that one rank needs for this case.
  [[nodiscard]] virtual std::uint64_t buffer_bytes(const Case& c) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Operation> prepare(const Case& c) = 0;
  /// "" or why this backend runs no training patterns; one that does overrides this and the next.
  [[nodiscard]] virtual std::string why_no_schedules() const {
    return "training patterns run on host ranks and on GPUs: --backend mpi or nccl";
  }
  /// Collective over the job: communicators are made. Null where why_no_schedules says so.
  [[nodiscard]] virtual std::unique_ptr<ScheduleOperation> prepare_schedule(
      const MakeTrainingSchedule& /*make*/, DataType /*type*/, SchedulePart /*part*/) {
    return nullptr;
  }
  /// What of Record::settings and Record::setup_us holds for every case.
  [[nodiscard]] virtual std::map<std::string, std::string> settings() const { return {}; }
  [[nodiscard]] virtual std::map<std::string, double> setup_us() const { return {}; }
  /// Of the job's GPUs, now. Collective. Not known() where there are none.
  [[nodiscard]] virtual GpuState gpu_state() { return {}; }
  /// What a reader of this backend's numbers must know ("one rank: nothing crosses a link").
  [[nodiscard]] virtual std::vector<std::string> warnings() const { return {}; }
};

}  // namespace fabricast
