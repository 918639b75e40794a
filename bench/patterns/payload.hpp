// What a transfer of a training step must carry, element by element.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "core/collective.hpp"
#include "core/pattern.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace fabricast {

/// The collective whose payload pattern a transfer has; nothing for messages and all-to-all-v.
std::optional<Collective> collective_of(TransferKind kind);

/// Elements of a receive buffer that come from one source, and what they must be.
struct ExpectedBlock {
  std::uint64_t first = 0;
  std::uint64_t elements = 0;
  PatternView view;
};

/// The payload of one transfer on one rank. Transfers of one iteration, and groups of one name,
/// carry different data: a mistaken one shows. `transfer` and `pattern`, which is of the group's
/// size, outlive it; `tables` are those of the pattern or copies of them.
class TransferPayload {
 public:
  TransferPayload(const Transfer& transfer, const Group& group, const Pattern& pattern);

  [[nodiscard]] PatternView sent(std::uint64_t iteration, Pattern::Tables tables) const;
  [[nodiscard]] std::vector<ExpectedBlock> expected(std::uint64_t iteration,
                                                    Pattern::Tables tables) const;

  /// Of an all-to-all-v: elements from rank to rank of the group, and where in this rank's buffers
  /// the parts for and from each lie.
  [[nodiscard]] std::uint64_t traffic(std::size_t from, std::size_t to) const {
    return transfer_.traffic[from * ranks() + to];
  }
  [[nodiscard]] const std::vector<std::uint64_t>& send_offsets() const { return send_offsets_; }
  [[nodiscard]] const std::vector<std::uint64_t>& receive_offsets() const {
    return receive_offsets_;
  }

 private:
  [[nodiscard]] std::size_t rank() const { return static_cast<std::size_t>(group_.rank); }
  [[nodiscard]] std::size_t ranks() const { return static_cast<std::size_t>(group_.ranks); }
  [[nodiscard]] std::uint64_t salt() const;
  [[nodiscard]] PatternView moved(std::size_t source,
                                  std::uint64_t offset,
                                  std::uint64_t iteration) const;

  const Transfer& transfer_;
  Group group_;
  const Pattern& pattern_;
  std::vector<std::uint64_t> send_offsets_;
  std::vector<std::uint64_t> receive_offsets_;
};

}  // namespace fabricast
