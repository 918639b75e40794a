#include "bench/patterns/payload.hpp"

namespace fabricast {

std::optional<Collective> collective_of(TransferKind kind) {
  switch (kind) {
    case TransferKind::kAllReduce:
      return Collective::kAllReduce;
    case TransferKind::kAllGather:
      return Collective::kAllGather;
    case TransferKind::kReduceScatter:
      return Collective::kReduceScatter;
    default:
      return std::nullopt;
  }
}

TransferPayload::TransferPayload(const Transfer& transfer,
                                 const Group& group,
                                 const Pattern& pattern)
    : transfer_(transfer), group_(group), pattern_(pattern) {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  for (std::size_t other = 0; other < transfer.traffic.size() / ranks(); ++other) {
    send_offsets_.push_back(sent);
    receive_offsets_.push_back(received);
    sent += traffic(rank(), other);
    received += traffic(other, rank());
  }
}

// Offsets far apart, so that the payload of another transfer or of another group is wrong.
std::uint64_t TransferPayload::salt() const {
  return transfer_.id * 1'000'003 + static_cast<std::uint64_t>(group_.color) * 7'368'787;
}

PatternView TransferPayload::moved(std::size_t source,
                                   std::uint64_t offset,
                                   std::uint64_t iteration) const {
  return {.first_source = source, .first_offset = salt() + offset, .iteration = iteration};
}

PatternView TransferPayload::sent(std::uint64_t iteration, Pattern::Tables tables) const {
  const auto collective = collective_of(transfer_.kind);
  if (!collective) {
    return moved(rank(), 0, iteration);
  }
  PatternView view = pattern_.sent(*collective, group_.rank, iteration, tables);
  view.first_offset += salt();
  return view;
}

std::vector<ExpectedBlock> TransferPayload::expected(std::uint64_t iteration,
                                                     Pattern::Tables tables) const {
  const std::uint64_t all = size_of(transfer_, group_).receive;
  if (const auto collective = collective_of(transfer_.kind)) {
    PatternView view =
        pattern_.received(*collective, group_.rank, transfer_.count, iteration, tables);
    view.first_offset += salt();
    return {
        {0, all, view}
    };
  }
  if (transfer_.kind != TransferKind::kAllToAllV) {
    return {
        {0, all, moved(static_cast<std::size_t>(transfer_.peer), 0, iteration)}
    };
  }
  std::vector<ExpectedBlock> blocks;
  for (std::size_t source = 0; source < ranks(); ++source) {
    std::uint64_t before = 0;  // what the source sends to ranks below this one
    for (std::size_t to = 0; to < rank(); ++to) {
      before += traffic(source, to);
    }
    blocks.push_back(
        {receive_offsets_[source], traffic(source, rank()), moved(source, before, iteration)});
  }
  return blocks;
}

}  // namespace fabricast
