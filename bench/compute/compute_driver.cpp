#include "bench/compute/compute_driver.hpp"

#include "bench/compute/operands.hpp"
#include "bench/compute/random_values.hpp"
#include "bench/control.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace fabricast {

namespace {

constexpr double kUsableShare = 0.8;  // of memory; the rest is for workspaces
constexpr int kPoisonByte = 0xFF;     // not a number in every type

std::uint64_t bytes_of_set(const ComputeCase& c) {
  std::uint64_t bytes = 0;
  for (const Operand& operand : operands_of(c)) {
    bytes += operand.bytes();
  }
  return bytes;
}

/// The buffers of one case, several times over.
class BufferSets {
 public:
  BufferSets(const ComputeCase& c, ComputeBackend& backend)
      : backend_(backend), operands_(operands_of(c)) {
    const int sets =
        buffer_sets(bytes_of_set(c), backend.cache_bytes(), backend.available_memory());
    for (int s = 0; s < sets; ++s) {
      std::vector<void*>& set = sets_.emplace_back();
      for (std::size_t o = 0; o < operands_.size(); ++o) {
        memory_.push_back(backend.allocate(std::max<std::uint64_t>(1, operands_[o].bytes())));
        set.push_back(memory_.back().get());
        fill(set, o);
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return sets_.size(); }
  [[nodiscard]] const std::vector<void*>& operator[](std::size_t set) const { return sets_[set]; }

  /// What calls write to in `count` sets from `first` on, as before any call.
  void refill(std::size_t first, std::size_t count) {
    for (std::size_t s = first; s < first + std::min(count, size()); ++s) {
      for (std::size_t o = 0; o < operands_.size(); ++o) {
        if (operands_[o].written) {
          fill(sets_[s % size()], o);
        }
      }
    }
  }

 private:
  void fill(const std::vector<void*>& set, std::size_t o) {
    const Operand& operand = operands_[o];
    if (operand.filling == Filling::kRandom) {
      backend_.fill_random(set[o], operand.type, operand.elements, shift_of(o));
    } else {
      const int value = operand.filling == Filling::kZero ? 0 : kPoisonByte;
      backend_.fill_bytes(set[o], value, operand.bytes());
    }
  }

  ComputeBackend& backend_;
  std::vector<Operand> operands_;
  std::vector<std::shared_ptr<void>> memory_;
  std::vector<std::vector<void*>> sets_;
};

/// Elements of a result that one sample is checked by: others each time.
std::array<std::uint64_t, 16> chosen_elements(std::uint64_t elements, std::uint64_t sample) {
  std::mt19937_64 random(sample);
  std::array<std::uint64_t, 16> chosen{};
  std::generate(chosen.begin(), chosen.end(), [&] { return random() % elements; });
  return chosen;
}

class RepeatedCalls final : public Operation {
 public:
  RepeatedCalls(const ComputeCase& c, ComputeBackend& backend)
      : case_(c),
        backend_(backend),
        call_(backend.prepare(c)),
        sets_(c, backend),
        result_(operands_of(c)[result_operand(c)]) {
    // The first call loads code and may tune; the second one says how many fill a sample.
    run_calls(1);
    const double us = std::max(in_us(run_calls(1)), 1e-3);
    constexpr double kSampleUs = 1000;
    constexpr double kMostCalls = 200;
    calls_ = static_cast<int>(std::clamp(std::ceil(kSampleUs / us), 1.0, kMostCalls));
  }

  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] int buffer_sets() const { return static_cast<int>(sets_.size()); }
  [[nodiscard]] std::uint64_t checked() const { return checked_; }

  void fill(std::uint64_t iteration) override {
    sample_ = iteration;
    first_set_ = (last_set() + 1) % sets_.size();
    started_ = 0;
    sets_.refill(first_set_, static_cast<std::size_t>(calls_));
  }

  std::vector<RankTime> run() override { return {{run_calls(calls_) / calls_}}; }

  std::uint64_t wrong_elements(std::uint64_t iteration) override {
    std::uint64_t wrong = 0;
    for (const std::uint64_t element : chosen_elements(result_.elements, iteration)) {
      std::array<std::byte, sizeof(double)> bits{};
      backend_.read(bits.data(), address(element), width());
      const auto expected = expected_element(case_, element, steps_of_last_set());
      wrong += expected.accepts(decode_element(result_.type, bits.data())) ? 0U : 1U;
      ++checked_;
    }
    return wrong;
  }

  /// One element that is looked at next becomes what is not a number.
  void flip_bit(std::uint64_t random) override {
    const auto chosen = chosen_elements(result_.elements, sample_);
    constexpr std::uint64_t kNotANumber = ~0ULL;
    backend_.write(address(chosen[random % chosen.size()]), &kNotANumber, width());
  }

 private:
  Seconds run_calls(int calls) {
    return backend_.timed([&] {
      for (int i = 0; i < calls; ++i, ++started_) {
        call_(sets_[(first_set_ + started_) % sets_.size()],
              1 + static_cast<int>(started_ / sets_.size()));
      }
    });
  }

  [[nodiscard]] std::size_t last_set() const { return (first_set_ + started_ - 1) % sets_.size(); }
  [[nodiscard]] int steps_of_last_set() const {
    return 1 + static_cast<int>((started_ - 1) / sets_.size());
  }
  [[nodiscard]] std::size_t width() const {
    return static_cast<std::size_t>(info(result_.type).bytes);
  }
  [[nodiscard]] std::byte* address(std::uint64_t element) const {
    return static_cast<std::byte*>(sets_[last_set()][result_operand(case_)]) + element * width();
  }

  ComputeCase case_;
  ComputeBackend& backend_;
  ComputeCall call_;
  BufferSets sets_;
  Operand result_;
  int calls_ = 1;
  std::size_t first_set_ = 0;
  std::size_t started_ = 0;  // calls since the buffers were filled
  std::uint64_t sample_ = 0;
  std::uint64_t checked_ = 0;
};

}  // namespace

int buffer_sets(std::uint64_t bytes_of_set, std::uint64_t cache, std::uint64_t memory) {
  const auto set = static_cast<double>(bytes_of_set);
  const double wanted = std::floor(2 * static_cast<double>(cache) / set) + 1;
  const double most = std::floor(kUsableShare * static_cast<double>(memory) / set);
  constexpr double kMostSets = 64;  // of tiny buffers; their time is that of starting them
  return static_cast<int>(std::max(1.0, std::min({wanted, most, kMostSets})));
}

std::string why_not_computed(const ComputeCase& c, ComputeBackend& backend) {
  const auto needed = static_cast<double>(bytes_of_set(c));
  const auto memory = static_cast<double>(backend.available_memory());
  if (needed > kUsableShare * memory) {
    return fmt::format("buffers of {:.1f} GB, {:.0f} % of the memory that is free are {:.1f} GB",
                       needed * 1e-9,
                       100 * kUsableShare,
                       kUsableShare * memory * 1e-9);
  }
  return backend.why_not(c);
}

ComputeRecord measure_compute(const ComputeCase& c,
                              ComputeBackend& backend,
                              const ComputeOptions& options) {
  const std::string what = fmt::format("{} {}", name(c.work.part), name(c.work.pass));
  if (const std::string why = why_not_computed(c, backend); !why.empty()) {
    throw Error(why, what, "");
  }
  const auto control = make_solo_control();
  Watchdog watchdog(options.timeout, "host " + host_name());
  watchdog.describe(what);
  RepeatedCalls calls(c, backend);
  std::optional<PlantedFlip> flip;
  if (options.planted_flip) {
    flip = PlantedFlip{0, *options.planted_flip};
  }
  const Samples samples = sample(calls, *control, options.rule, watchdog, flip);
  ComputeRecord record;
  record.work = c.work;
  record.type = c.type;
  record.backend = backend.name();
  record.samples_us = samples.slowest_us;
  record.calls_per_sample = calls.calls();
  record.buffer_sets = calls.buffer_sets();
  record.stopped_by = samples.stopped_by;
  record.checked_elements = calls.checked();
  record.wrong_elements = samples.wrong_elements;
  record.warnings = backend.warnings();
  return record;
}

}  // namespace fabricast
