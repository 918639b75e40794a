#include "bench/host/buffer.hpp"

#include <algorithm>
#include <cstring>

namespace fabricast {

namespace {

constexpr std::byte kPoison{0xA5};

// Reductions look their values up in a short table whose index just counts round: without a
// division per element the check costs about as much as reading the buffer.
template <typename Word, typename Visit>
void for_each_expected(const PatternView& pattern, std::uint64_t elements, Visit visit) {
  if (pattern.table == nullptr) {
    for (std::uint64_t i = 0; i < elements; ++i) {
      visit(i, static_cast<Word>(pattern.bits(i)));
    }
    return;
  }
  std::uint64_t at =
      (pattern.shift + pattern.first_offset + pattern.iteration * 7919) % pattern.period;
  for (std::uint64_t i = 0; i < elements; ++i) {
    visit(i, static_cast<Word>(pattern.table[at]));
    at = at + 1 == pattern.period ? 0 : at + 1;
  }
}

// Offset of the first page boundary at or behind the guard.
std::size_t first_page(const std::byte* behind_guard) {
  const auto address = reinterpret_cast<std::uintptr_t>(behind_guard);
  return GuardedBuffer::kGuard +
         (GuardedBuffer::kPage - address % GuardedBuffer::kPage) % GuardedBuffer::kPage;
}

template <typename Word>
void fill_as(std::byte* data, std::uint64_t elements, const PatternView& pattern) {
  Word* words = reinterpret_cast<Word*>(data);
  for_each_expected<Word>(pattern, elements, [&](std::uint64_t i, Word word) { words[i] = word; });
}

template <typename Word>
std::uint64_t wrong_as(const std::byte* data, std::uint64_t elements, const PatternView& pattern) {
  const Word* words = reinterpret_cast<const Word*>(data);
  std::uint64_t wrong = 0;
  for_each_expected<Word>(
      pattern, elements, [&](std::uint64_t i, Word word) { wrong += words[i] != word ? 1 : 0; });
  return wrong;
}

}  // namespace

GuardedBuffer::GuardedBuffer(std::uint64_t elements, DataType type)
    : elements_(elements),
      width_(info(type).bytes),
      bytes_(bytes() + 2 * kGuard + kPage, kPoison),
      start_(first_page(bytes_.data() + kGuard)) {}

void GuardedBuffer::fill(const PatternView& pattern, std::uint64_t first, std::uint64_t elements) {
  std::byte* block = data() + first * static_cast<std::size_t>(width_);
  switch (width_) {
    case 1:
      return fill_as<std::uint8_t>(block, elements, pattern);
    case 2:
      return fill_as<std::uint16_t>(block, elements, pattern);
    case 4:
      return fill_as<std::uint32_t>(block, elements, pattern);
    default:
      return fill_as<std::uint64_t>(block, elements, pattern);
  }
}

void GuardedBuffer::poison() { std::fill(bytes_.begin(), bytes_.end(), kPoison); }

std::uint64_t GuardedBuffer::wrong(const PatternView& pattern,
                                   std::uint64_t first,
                                   std::uint64_t elements) const {
  const std::byte* block = data() + first * static_cast<std::size_t>(width_);
  switch (width_) {
    case 1:
      return wrong_as<std::uint8_t>(block, elements, pattern);
    case 2:
      return wrong_as<std::uint16_t>(block, elements, pattern);
    case 4:
      return wrong_as<std::uint32_t>(block, elements, pattern);
    default:
      return wrong_as<std::uint64_t>(block, elements, pattern);
  }
}

std::uint64_t GuardedBuffer::broken_guards() const {
  const auto broken = [](std::byte b) { return b != kPoison; };
  const std::byte* end = data() + bytes();
  return static_cast<std::uint64_t>(std::count_if(data() - kGuard, data(), broken) +
                                    std::count_if(end, end + kGuard, broken));
}

}  // namespace fabricast
