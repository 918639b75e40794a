// Reading an object of one of our own JSON files strictly: every key is needed, none is unknown.
#pragma once

#include "core/error.hpp"
#include "core/names.hpp"
#include "core/units.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// Takes keys out of an object one by one, so that what is left over is known to be unknown. Every
/// fault is an Error that says `what` is wrong ("record", "forecast"), where, and the remedy. The
/// object must outlive the reader.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string what, std::string where, std::string remedy);

  [[nodiscard]] const std::string& where() const { return where_; }

  /// Whether the object has this key: for those that older files lack.
  [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }

  template <typename T>
  T take(const char* key) {
    try {
      return find(key).get<T>();
    } catch (const nlohmann::json::exception&) {
      refuse(fmt::format("{}: '{}' is of the wrong kind", what_, key));
    }
  }

  /// A count or size: refuses negative numbers, fractions and what does not fit T.
  template <typename T>
  T take_count(const char* key) {
    return static_cast<T>(
        whole_number(key, static_cast<std::uint64_t>(std::numeric_limits<T>::max())));
  }

  /// Microseconds, neither negative nor absurd.
  Seconds take_us(const char* key);

  /// The same, or nothing for JSON's null.
  std::optional<Seconds> take_us_or_null(const char* key);

  /// The row's id of a name out of a table; an unknown name is answered with those that exist.
  template <typename Find, typename Table>
  auto take_name(const char* key, Find find_id, const Table& table) {
    const auto text = take<std::string>(key);
    const auto id = find_id(text);
    if (!id) {
      throw unknown_name(key, text, names_of(table), where_);
    }
    return *id;
  }

  /// Every element of an array, read by `read(element, where)`.
  template <typename Read>
  auto take_list(const char* key, Read read) {
    const nlohmann::json& array = find(key);
    if (!array.is_array()) {
      refuse(fmt::format("{}: '{}' is not a list", what_, key));
    }
    std::vector<decltype(read(array, where_))> items;
    for (const auto& element : array) {
      items.push_back(read(element, fmt::format("{}, {}[{}]", where_, key, items.size())));
    }
    return items;
  }

  /// An object of its own, read by `read(object, where)`.
  template <typename Read>
  auto take_object(const char* key, Read read) {
    return read(find(key), fmt::format("{}, {}", where_, key));
  }

  /// Takes a key whose value is not needed.
  void skip(const char* key) { find(key); }

  void refuse_unknown() const;

 private:
  const nlohmann::json& find(const char* key);
  std::uint64_t whole_number(const char* key, std::uint64_t largest);
  [[noreturn]] void refuse(const std::string& fault) const;

  const nlohmann::json& object_;
  std::string what_;
  std::string where_;
  std::string remedy_;
  std::vector<std::string> taken_;
};

}  // namespace fabricast
