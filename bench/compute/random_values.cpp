#include "bench/compute/random_values.hpp"

#include "bench/host/float8.hpp"
#include "core/error.hpp"
#include "kernels/element.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <random>

namespace fabricast {

namespace {

[[noreturn]] void refuse(DataType type) {
  throw Error("no computation uses " + std::string(name(type)), "", "a floating type");
}

// Box and Muller's transform, because std::normal_distribution differs between libraries.
std::vector<float> normal_numbers(std::uint64_t count) {
  std::mt19937_64 random(20240717);
  const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    number = static_cast<float>(radius * std::cos(2 * M_PI * uniform()));
  }
  return numbers;
}

std::uint64_t encode_element(DataType type, float value) {
  switch (type) {
    case DataType::kFloat32:
      return Float32::narrow(value);
    case DataType::kFloat16:
      return Float16::narrow(value);
    case DataType::kBfloat16:
      return Bfloat16::narrow(value);
    case DataType::kFloat8E4M3:
      return std::bit_cast<std::uint8_t>(Float8E4M3(value));
    default:
      refuse(type);
  }
}

template <typename T>
T as(const void* element) {
  T value;
  std::memcpy(&value, element, sizeof value);
  return value;
}

}  // namespace

RandomValues::RandomValues(DataType type) : values_(normal_numbers(kPeriod)) {
  bits_.reserve(kPeriod);
  for (float& value : values_) {
    bits_.push_back(encode_element(type, value));
    value = static_cast<float>(decode_element(type, &bits_.back()));
  }
}

const RandomValues& random_values(DataType type) {
  static std::map<DataType, RandomValues> tables;
  return tables.try_emplace(type, type).first->second;
}

double decode_element(DataType type, const void* element) {
  switch (type) {
    case DataType::kFloat32:
      return as<float>(element);
    case DataType::kFloat16:
      return Float16::widen(as<std::uint16_t>(element));
    case DataType::kBfloat16:
      return Bfloat16::widen(as<std::uint16_t>(element));
    case DataType::kFloat8E4M3:
      return static_cast<float>(as<Float8E4M3>(element));
    default:
      refuse(type);
  }
}

}  // namespace fabricast
