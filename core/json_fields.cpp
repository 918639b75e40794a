#include "core/json_fields.hpp"

#include <algorithm>

namespace fabricast {

JsonFields::JsonFields(const nlohmann::json& object,
                       std::string what,
                       std::string where,
                       std::string remedy)
    : object_(object),
      what_(std::move(what)),
      where_(std::move(where)),
      remedy_(std::move(remedy)) {
  if (!object_.is_object()) {
    refuse(what_ + ": not a JSON object");
  }
}

Seconds JsonFields::take_us(const char* key) {
  const auto& value = find(key);
  if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() < 1e15)) {
    throw Error(
        fmt::format("{}: '{}' is not a time", what_, key), where_, "microseconds, not negative");
  }
  return microseconds(value.get<double>());
}

std::optional<Seconds> JsonFields::take_us_or_null(const char* key) {
  if (find(key).is_null()) {
    return std::nullopt;
  }
  return take_us(key);
}

void JsonFields::refuse_unknown() const {
  for (const auto& item : object_.items()) {
    if (std::find(taken_.begin(), taken_.end(), item.key()) == taken_.end()) {
      throw unknown_name(what_ + " key", item.key(), taken_, where_);
    }
  }
}

const nlohmann::json& JsonFields::find(const char* key) {
  taken_.emplace_back(key);
  const auto found = object_.find(key);
  if (found == object_.end()) {
    refuse(fmt::format("{} has no '{}'", what_, key));
  }
  return *found;
}

std::uint64_t JsonFields::whole_number(const char* key, std::uint64_t largest) {
  const auto& value = find(key);
  // A number made in the program is signed, one that was parsed is not.
  const bool whole =
      value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
  if (!whole || value.get<std::uint64_t>() > largest) {
    throw Error(fmt::format("{}: '{}' is not a count", what_, key),
                where_,
                "a whole number that is not negative");
  }
  return value.get<std::uint64_t>();
}

void JsonFields::refuse(const std::string& fault) const { throw Error(fault, where_, remedy_); }

}  // namespace fabricast
