// Physical quantities as types: SI inside, a unit only where a number enters or leaves.
#pragma once

#include <compare>

namespace fabricast {

/// A value of dimension time^T x bytes^B, held in seconds and bytes. Products and quotients change
/// the dimension, sums need equal ones; a dimensionless result is a plain double.
template <int T, int B>
class Measure {
 public:
  constexpr Measure() = default;
  constexpr explicit Measure(double si) : si_(si) {}
  [[nodiscard]] constexpr double si() const { return si_; }

  constexpr Measure operator-() const { return Measure(-si_); }
  constexpr Measure& operator+=(Measure o) { return *this = Measure(si_ + o.si_); }
  constexpr Measure& operator-=(Measure o) { return *this = Measure(si_ - o.si_); }
  constexpr Measure& operator*=(double f) { return *this = Measure(si_ * f); }
  friend constexpr Measure operator+(Measure a, Measure b) { return Measure(a.si_ + b.si_); }
  friend constexpr Measure operator-(Measure a, Measure b) { return Measure(a.si_ - b.si_); }
  friend constexpr Measure operator*(Measure a, double f) { return Measure(a.si_ * f); }
  friend constexpr Measure operator*(double f, Measure a) { return Measure(a.si_ * f); }
  friend constexpr Measure operator/(Measure a, double f) { return Measure(a.si_ / f); }
  friend constexpr auto operator<=>(Measure a, Measure b) = default;

 private:
  double si_ = 0;
};

namespace detail {
template <int T, int B>
constexpr auto measure(double si) {
  if constexpr (T == 0 && B == 0) {
    return si;
  } else {
    return Measure<T, B>(si);
  }
}
}  // namespace detail

template <int T1, int B1, int T2, int B2>
constexpr auto operator*(Measure<T1, B1> a, Measure<T2, B2> b) {
  return detail::measure<T1 + T2, B1 + B2>(a.si() * b.si());
}
template <int T1, int B1, int T2, int B2>
constexpr auto operator/(Measure<T1, B1> a, Measure<T2, B2> b) {
  return detail::measure<T1 - T2, B1 - B2>(a.si() / b.si());
}

template <int T, int B>
constexpr Measure<-T, -B> operator/(double f, Measure<T, B> m) {
  return Measure<-T, -B>(f / m.si());
}

using Seconds = Measure<1, 0>;
using Bytes = Measure<0, 1>;
using BytesPerSecond = Measure<-1, 1>;

constexpr Seconds microseconds(double us) { return Seconds(us * 1e-6); }
constexpr Seconds nanoseconds(double ns) { return Seconds(ns * 1e-9); }
/// 1 GB/s is 1e9 bytes per second, per direction.
constexpr BytesPerSecond gigabytes_per_second(double v) { return BytesPerSecond(v * 1e9); }
/// 1 Gb/s is 1e9 bits per second: 8 Gb/s are 1 GB/s.
constexpr BytesPerSecond gigabits_per_second(double v) { return BytesPerSecond(v * 1e9 / 8); }

constexpr double in_us(Seconds t) { return t.si() * 1e6; }
constexpr double in_GBps(BytesPerSecond r) { return r.si() * 1e-9; }

namespace literals {
constexpr Seconds operator""_s(long double v) { return Seconds(static_cast<double>(v)); }
constexpr Seconds operator""_us(long double v) { return microseconds(static_cast<double>(v)); }
constexpr Seconds operator""_us(unsigned long long v) {
  return microseconds(static_cast<double>(v));
}
constexpr Bytes operator""_B(unsigned long long v) { return Bytes(static_cast<double>(v)); }
constexpr Bytes operator""_KiB(unsigned long long v) {
  return Bytes(static_cast<double>(v) * 1024);
}
constexpr Bytes operator""_MiB(unsigned long long v) { return 1024 * operator""_KiB(v); }
constexpr Bytes operator""_GiB(unsigned long long v) { return 1024 * operator""_MiB(v); }
constexpr BytesPerSecond operator""_GBps(unsigned long long v) {
  return gigabytes_per_second(static_cast<double>(v));
}
constexpr BytesPerSecond operator""_Gbps(unsigned long long v) {
  return gigabits_per_second(static_cast<double>(v));
}
}  // namespace literals

}  // namespace fabricast
