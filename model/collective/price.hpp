// What one algorithm costs, as a closed form in the message size.
#pragma once

#include "core/units.hpp"
#include "model/forecast.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace fabricast {

using SecondsPerByte = Measure<1, -1>;

/// 1 / (1 + (threshold / message)^1.5): 0 for short messages, 1 for long ones. 1 for a threshold of
/// zero.
double long_message_share(Bytes message, Bytes threshold);

/// One part of a price:
///   fixed + message x per_byte + step x long_message_share(message, step_at)
///         + message x outside x long_message_share(message, outside_at)
///         + min(message, ramp_to) x ramp + root x sqrt(message / byte)
struct PriceTerm {
  std::string_view name;  // "launch", "scale_out_bytes"...: a literal
  Seconds fixed{};
  SecondsPerByte per_byte{};
  Seconds step{};  // paid in full by long messages
  Bytes step_at{};
  SecondsPerByte outside{};  // added per byte for messages that outgrow a cache
  Bytes outside_at{};
  SecondsPerByte ramp{};  // paid for the first bytes only
  Bytes ramp_to{};
  Seconds root{};  // times the square root of the message in bytes

  [[nodiscard]] Seconds at(Bytes message) const;
};

/// A few terms that add up; no allocation, since a fit makes millions of them.
class Price {
 public:
  void add(const PriceTerm& term);
  [[nodiscard]] Seconds at(Bytes message) const;
  [[nodiscard]] const PriceTerm* begin() const { return terms_.data(); }
  [[nodiscard]] const PriceTerm* end() const { return terms_.data() + size_; }

 private:
  std::array<PriceTerm, 8> terms_{};
  std::size_t size_ = 0;
};

/// The terms of a price for one message, as a forecast shows them.
std::vector<Term> terms_at(const Price& price, Bytes message);

}  // namespace fabricast
