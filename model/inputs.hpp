// The uncertain inputs of a forecast, by name: model constants and the cluster's own numbers.
#pragma once

#include "core/provenance.hpp"

#include <Eigen/Core>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fabricast {

struct Input {
  std::string name;  // "infiniband.hop.tree_ll_us": the unit is part of it
  Quantity<double> quantity;
};

/// Standard deviation of ln(value) for a range that holds 90 % of outcomes; 0 for a definition.
double log_sd(const Quantity<double>& quantity);

/// Positive numbers with ranges, and the covariance of those that were fitted together.
class Inputs {
 public:
  /// Replaces an input of the same name.
  void add(std::string name, Quantity<double> quantity);

  /// The current value. An unknown name is a broken invariant: names come from our own files.
  [[nodiscard]] double operator[](std::string_view name) const { return values_[index(name)]; }
  [[nodiscard]] std::size_t index(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const {
    return indices_.contains(std::string(name));
  }

  [[nodiscard]] std::size_t size() const { return inputs_.size(); }
  [[nodiscard]] const Input& at(std::size_t i) const { return inputs_[i]; }
  [[nodiscard]] double value(std::size_t i) const { return values_[i]; }
  /// For trying another value than the best one.
  void set_value(std::size_t i, double value) { values_[i] = value; }

  /// Covariance of the logarithms of the named inputs, which must exist; it replaces their ranges.
  struct Joint {
    std::vector<std::string> names;
    Eigen::MatrixXd covariance;
  };
  void set_joint(Joint joint) { joint_ = std::move(joint); }
  [[nodiscard]] const Joint& joint() const { return joint_; }

 private:
  std::vector<Input> inputs_;
  std::vector<double> values_;
  std::unordered_map<std::string, std::size_t> indices_;
  Joint joint_;
};

}  // namespace fabricast
