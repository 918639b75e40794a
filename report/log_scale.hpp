// Logarithmic axes: where a value lies on the page, and where the ticks are.
#pragma once

#include "core/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// Whether a logarithmic axis can show the value, in seconds or bytes: positive, finite and not
/// absurd (1e-15 to 1e24), so that ticks stay countable whatever a file says.
bool fits_axis(double value);

/// Smallest and largest of the values added that fit an axis.
class PositiveRange {
 public:
  void add(double value);
  [[nodiscard]] bool empty() const { return high_ < low_; }
  /// Wider by `margin` (a factor) at both ends, and at least a factor of four from low to high.
  [[nodiscard]] PositiveRange padded(double margin) const;
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }

 private:
  double low_ = 1;
  double high_ = 0;
};

/// Maps [range.low, range.high] to [from, to] logarithmically; values outside go to the nearer end.
class LogScale {
 public:
  LogScale(const PositiveRange& range, double from, double to)
      : range_(range), from_(from), to_(to) {}
  [[nodiscard]] double at(double value) const;
  [[nodiscard]] const PositiveRange& range() const { return range_; }

 private:
  PositiveRange range_;
  double from_ = 0;
  double to_ = 0;
};

struct Tick {
  double value = 0;
  std::string label;
};

/// Powers of two in bytes, at most eight: "32 B", "1 KiB", "32 KiB".
std::vector<Tick> size_ticks(const PositiveRange& bytes);
/// Decades in seconds, with 2 and 5 between where there are few: "10 µs", "100 µs", "1 ms".
std::vector<Tick> time_ticks(const PositiveRange& seconds);

}  // namespace fabricast
