#include "report/log_scale.hpp"

#include "core/size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace fabricast {

namespace {

constexpr int kMostTicks = 8;
constexpr double kSmallestSpan = 4;
constexpr std::array kExponentSteps{1, 2, 5, 10, 20};
constexpr int kLargestExponent = 62;

int smallest_step(int first, int last) {
  for (const int step : kExponentSteps) {
    if ((last - first) / step < kMostTicks) {
      return step;
    }
  }
  return (last - first) / kMostTicks + 1;
}

std::string time_label(double seconds) {
  if (seconds >= 0.9999) {
    return fmt::format("{:.6g} s", seconds);
  }
  if (seconds >= 0.9999e-3) {
    return fmt::format("{:.6g} ms", seconds * 1e3);
  }
  return fmt::format("{:.6g} µs", seconds * 1e6);
}

}  // namespace

bool fits_axis(double value) { return value >= 1e-15 && value <= 1e24; }

void PositiveRange::add(double value) {
  if (!fits_axis(value)) {
    return;
  }
  low_ = empty() ? value : std::min(low_, value);
  high_ = std::max(high_, value);
}

PositiveRange PositiveRange::padded(double margin) const {
  const double missing = std::max(1.0, std::sqrt(kSmallestSpan / (high_ / low_)));
  const double factor = std::max(margin, missing);
  PositiveRange wider;
  wider.low_ = low_ / factor;
  wider.high_ = high_ * factor;
  return wider;
}

double LogScale::at(double value) const {
  const double inside = value > 0 ? std::clamp(value, range_.low(), range_.high()) : range_.low();
  const double position = std::log(inside / range_.low()) / std::log(range_.high() / range_.low());
  return from_ + position * (to_ - from_);
}

std::vector<Tick> size_ticks(const PositiveRange& bytes) {
  const int first = std::max(0, static_cast<int>(std::ceil(std::log2(bytes.low()))));
  const int last =
      std::min(kLargestExponent, static_cast<int>(std::floor(std::log2(bytes.high()))));
  const int step = smallest_step(first, last);
  std::vector<Tick> ticks;
  for (int e = (first + step - 1) / step * step; e <= last; e += step) {
    const std::uint64_t size = 1ULL << static_cast<unsigned>(e);
    ticks.push_back({static_cast<double>(size), format_size(size)});
  }
  return ticks;
}

std::vector<Tick> time_ticks(const PositiveRange& seconds) {
  const int first = static_cast<int>(std::floor(std::log10(seconds.low())));
  const int last = static_cast<int>(std::floor(std::log10(seconds.high())));
  const int step = smallest_step(first, last);
  const bool few = seconds.high() / seconds.low() < 100;
  std::vector<Tick> ticks;
  for (int e = first; e <= last; e += step) {
    for (const int leading : {1, 2, 5}) {
      const double value = leading * std::pow(10.0, e);
      const bool inside = value >= seconds.low() && value <= seconds.high();
      if (inside && (few || leading == 1)) {
        ticks.push_back({value, time_label(value)});
      }
    }
  }
  return ticks;
}

}  // namespace fabricast
