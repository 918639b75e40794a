#include "model/toml_quantity.hpp"

#include "core/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace fabricast {

namespace {

using Kind = TomlValue::Kind;

/// Longest first where one ends in another. Rates are per direction.
constexpr std::array<std::string_view, 17> kUnits{"usd_per_kWh",
                                                  "kg_per_kWh",
                                                  "usd_per_gpu",
                                                  "ns_per_m",
                                                  "per_node_day",
                                                  "TFLOPS",
                                                  "years",
                                                  "GBps",
                                                  "Gbps",
                                                  "usd",
                                                  "MW",
                                                  "GB",
                                                  "us",
                                                  "ns",
                                                  "s",
                                                  "W",
                                                  "m"};

constexpr std::array<std::string_view, 5> kParts{"v", "lo", "hi", "p", "src"};

bool is_part(const std::string& key) {
  return std::find(kParts.begin(), kParts.end(), key) != kParts.end();
}

bool is_number(const TomlValue& value) {
  return value.kind == Kind::kInteger || value.kind == Kind::kNumber;
}

/// How the key would be right, with the number that stands there.
std::string example(const KeyRule& rule, const TomlValue& value) {
  const double v = is_number(value) && std::isfinite(value.number) ? value.number : 1;
  return fmt::format("{0} = {{ v = {1}, lo = {1}, hi = {1}, p = \"{2}\", src = \"https://...\" }}",
                     rule.key,
                     v,
                     name(Provenance::kDatasheet));
}

std::string complete(const KeyRule& rule, const TomlValue& value) {
  return fmt::format(
      "{}; p is one of {}", example(rule, value), fmt::join(names_of(kProvenances), ", "));
}

struct QuantityCheck {
  const TomlValue& value;
  const KeyRule& rule;
  const std::string& path;
  Faults& faults;

  void fault(const TomlValue& at, const std::string& what, const std::string& remedy) const {
    faults.add(at, path, fmt::format("{} {}", rule.key, what), remedy);
  }

  [[nodiscard]] bool is_complete() const {
    if (value.kind != Kind::kTable) {
      fault(value, "has no range, provenance and source", complete(rule, value));
      return false;
    }
    for (const auto& part : value.items) {
      if (!is_part(part.key)) {
        fault(part,
              fmt::format("has an unknown part '{}'", quotable(part.key)),
              example(rule, value));
      }
    }
    bool complete = true;
    for (const auto part : kParts) {
      complete = has(part) && complete;
    }
    return complete;
  }

  [[nodiscard]] bool has(std::string_view part) const {
    const bool is_text = part == "p" || part == "src";
    const TomlValue* found = value.find(part);
    if (found != nullptr && (is_text ? found->kind == Kind::kText : is_number(*found))) {
      return true;
    }
    if (found == nullptr) {
      fault(value, fmt::format("has no {}", meaning(part)), complete(rule, value));
    } else {
      fault(*found,
            fmt::format("needs {} as {}, not {}",
                        meaning(part),
                        is_text ? "text" : "a number",
                        name(found->kind)),
            example(rule, value));
    }
    return false;
  }

  static std::string_view meaning(std::string_view part) {
    if (part == "v") {
      return "value (v)";
    }
    if (part == "p") {
      return "provenance (p)";
    }
    return part == "src" ? "source (src)" : part == "lo" ? "lower bound (lo)" : "upper bound (hi)";
  }

  void numbers() const {
    for (const auto* part : {"v", "lo", "hi"}) {
      const TomlValue& at = value.at(part);
      if (!(at.number >= rule.range.least && at.number <= rule.range.most)) {
        fault(at,
              fmt::format("has {} = {}", part, at.number),
              fmt::format("a number from {:g} to {:g}", rule.range.least, rule.range.most));
        return;
      }
    }
    const double v = value.at("v").number;
    const double lo = value.at("lo").number;
    const double hi = value.at("hi").number;
    if (lo > v || v > hi) {
      fault(value,
            fmt::format("has v = {} outside lo = {} .. hi = {}", v, lo, hi),
            "lo <= v <= hi; lo = hi = v for a definition");
    }
  }

  void origin() const {
    const TomlValue& p = value.at("p");
    if (!find_provenance(p.text)) {
      faults.add(unknown_name(
          "provenance", quotable(p.text), names_of(kProvenances), faults.where(p, path)));
    }
    if (!is_one_line(value.at("src").text)) {
      fault(value.at("src"),
            "has an empty source, or one of several lines",
            "one line: a URL, or a sentence that says why");
    }
  }
};

}  // namespace

void check_quantity(const TomlValue& value,
                    const KeyRule& rule,
                    const std::string& path,
                    Faults& faults) {
  const QuantityCheck check{value, rule, path, faults};
  if (check.is_complete()) {
    check.numbers();
    check.origin();
  }
}

std::string_view unit_of(std::string_view key) {
  for (const auto unit : kUnits) {
    if (key.size() > unit.size() && key.ends_with(unit) &&
        key[key.size() - unit.size() - 1] == '_') {
      return unit;
    }
  }
  return "";
}

std::string_view stem_of(std::string_view key) {
  const std::size_t unit = unit_of(key).size();
  return key.substr(0, key.size() - (unit == 0 ? 0 : unit + 1));
}

Quantity<double> read_quantity(const TomlValue& value) {
  return {value.at("v").number,
          value.at("lo").number,
          value.at("hi").number,
          find_provenance(value.at("p").text).value(),
          value.at("src").text};
}

}  // namespace fabricast
