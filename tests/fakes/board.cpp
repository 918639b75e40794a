#include "tests/fakes/board.hpp"

#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace fakes {

namespace {

// Another process's descriptor, opened again: files without a name leave nothing behind.
int open_file_of(pid_t pid, int file) {
  return open(("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(file)).c_str(), O_RDWR);
}

template <typename Condition>
bool wait_until(const Board& board, const Condition& condition) {
  constexpr int kYields = 100;
  for (int polls = 0; !board.aborted; ++polls) {
    if (condition()) {
      return true;
    }
    if (polls < kYields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  return false;
}

Slot& slot(Board& board, int rank) { return board.slots[static_cast<std::size_t>(rank)]; }

}  // namespace

BoardId make_board() {
  const int file = memfd_create("fake-nccl-board", 0);
  if (ftruncate(file, sizeof(Board)) != 0) {
    return {};
  }
  return {getpid(), file};
}

Board* open_board(const BoardId& id) {
  const int file = open_file_of(id.pid, id.file);
  if (file < 0) {
    return nullptr;
  }
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Board*>(memory);
}

Seat::Seat(Board& board, int rank, int ranks, int version, int device)
    : board_(board), rank_(rank) {
  board.ranks = ranks;
  Slot& mine = slot(board, rank);
  mine.version = version;
  mine.device = device;
  mine.file = memfd_create("fake-nccl-messages", 0);
  mine.pid = getpid();
  ++board.joined;
}

bool Seat::wait_for_all() const {
  return wait_until(board_, [this] { return board_.joined == board_.ranks; });
}

bool Seat::meet() {
  const std::uint64_t meeting = ++slot(board_, rank_).reached;
  return wait_until(board_, [&] {
    for (int r = 0; r < ranks(); ++r) {
      if (slot(board_, r).reached < meeting) {
        return false;
      }
    }
    return true;
  });
}

void Seat::wait_for_abort() const {
  static_cast<void>(wait_until(board_, [] { return false; }));
}

bool Seat::has_other_processes() const {
  for (int r = 0; r < ranks(); ++r) {
    if (slot(board_, r).pid != getpid()) {
      return true;
    }
  }
  return false;
}

void Seat::show(std::span<const Message> to) {
  Slot& mine = slot(board_, rank_);
  std::copy(to.begin(), to.end(), mine.to.begin());
  if (!has_other_processes()) {
    return;
  }
  std::uint64_t end = 0;
  for (std::size_t p = 0; p < to.size(); ++p) {
    mine.to[p].offset = end;
    for (std::uint64_t done = 0; done < to[p].bytes;) {
      const ssize_t wrote = pwrite(mine.file,
                                   static_cast<const std::byte*>(to[p].address) + done,
                                   to[p].bytes - done,
                                   static_cast<off_t>(end + done));
      if (wrote <= 0) {
        board_.aborted = true;
        return;
      }
      done += static_cast<std::uint64_t>(wrote);
    }
    end += to[p].bytes;
  }
}

std::vector<std::byte> Seat::seen(int from) const {
  const Slot& theirs = slot(board_, from);
  const Message& message = theirs.to[static_cast<std::size_t>(rank_)];
  std::vector<std::byte> bytes(message.bytes);
  if (bytes.empty()) {
    return bytes;
  }
  if (theirs.pid == getpid()) {
    std::memcpy(bytes.data(), message.address, bytes.size());
    return bytes;
  }
  const int file = open_file_of(theirs.pid, theirs.file);
  for (std::uint64_t done = 0; done < message.bytes;) {
    const ssize_t got = pread(
        file, bytes.data() + done, message.bytes - done, static_cast<off_t>(message.offset + done));
    if (got <= 0) {
      board_.aborted = true;
      break;
    }
    done += static_cast<std::uint64_t>(got);
  }
  close(file);
  return bytes;
}

}  // namespace fakes
