// A number with its range and origin as a TOML file writes it: { v, lo, hi, p, src }.
#pragma once

#include "core/provenance.hpp"
#include "model/toml_schema.hpp"

#include <string>
#include <string_view>

namespace fabricast {

/// Faults of one quantity: a bare number, missing or unknown parts, lo > v, v > hi, outside
/// `range`, not finite, an unknown provenance, an empty source.
void check_quantity(const TomlValue& value,
                    const KeyRule& rule,
                    const std::string& path,
                    Faults& faults);

/// A quantity that check_quantity has found no fault in.
Quantity<double> read_quantity(const TomlValue& value);

/// The unit that a key ends in ("link_Gbps" -> "Gbps"), or "".
std::string_view unit_of(std::string_view key);

/// A key without its unit: "link_Gbps" -> "link".
std::string_view stem_of(std::string_view key);

}  // namespace fabricast
