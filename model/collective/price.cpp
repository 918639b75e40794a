#include "model/collective/price.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace fabricast {

double long_message_share(Bytes message, Bytes threshold) {
  if (message.si() <= 0) {
    return 0;
  }
  const double ratio = threshold / message;
  return 1 / (1 + ratio * std::sqrt(ratio));
}

Seconds PriceTerm::at(Bytes message) const {
  Seconds time = fixed + message * per_byte;
  if (step.si() != 0) {
    time += step * long_message_share(message, step_at);
  }
  if (outside.si() != 0) {
    time += message * outside * long_message_share(message, outside_at);
  }
  if (ramp.si() != 0) {
    time += std::min(message, ramp_to) * ramp;
  }
  if (root.si() != 0) {
    time += root * std::sqrt(message.si());
  }
  return time;
}

void Price::add(const PriceTerm& term) {
  if (size_ == terms_.size()) {
    throw std::logic_error("a price has more terms than there is room for");
  }
  terms_[size_++] = term;
}

Seconds Price::at(Bytes message) const {
  Seconds sum;
  for (const PriceTerm& term : *this) {
    sum += term.at(message);
  }
  return sum;
}

std::vector<Term> terms_at(const Price& price, Bytes message) {
  std::vector<Term> terms;
  for (const PriceTerm& term : price) {
    terms.push_back({std::string(term.name), term.at(message)});
  }
  return terms;
}

}  // namespace fabricast
