// A cluster file that holds nothing optional, for tests that break it or read it.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace fabricast {

/// key = { numbers, p = "assumed", src = "a test" }
inline std::string quantity(const std::string& key, const std::string& numbers) {
  return key + " = { " + numbers + ", p = \"assumed\", src = \"a test\" }";
}

inline std::string exactly(const std::string& key, const std::string& v) {
  return quantity(key, "v = " + v + ", lo = " + v + ", hi = " + v);
}

/// Two nodes of eight GPUs on two tiers.
inline std::string small_cluster() {
  return R"(schema = 1
[cluster]
id = "small"
title = "two boxes"
status = "hypothetical"
as_of = "2026-11"
)" + exactly("gpus_total", "16") +
         R"(
fidelity = "design-assumed"
unknown = ["everything"]
[[pool]]
name = "boxes"
)" + exactly("nodes", "2") +
         R"(
[pool.node]
gpu = "h100-sxm5-80"
gpus = 8
cpu = "intel"
nic = "cx7-400"
nics = 8
[pool.scaleup]
domain_gpus = 8
kind = "nvswitch"
in_network_reduction = true
[fabric]
name = "backend"
protocol = "roce-v2"
)" + exactly("link_Gbps", "400") +
         R"(
planes = 1
rails = 1
routing = "ecmp"
)" + quantity("routing_efficiency", "v = 0.5, lo = 0.25, hi = 1") +
         R"(
in_network_reduction = false
[[fabric.tier]]
name = "leaf"
switch = "quantum2-qm9700"
radix = 16
down = 8
up = 4
)" + exactly("group_gpus", "8") +
         R"(
)" + exactly("oversub", "2") +
         R"(
cable = "dac"
)" + quantity("cable_m", "v = 2, lo = 1, hi = 3") +
         R"(
[[fabric.tier]]
name = "spine"
switch = "quantum2-qm9700"
radix = 16
down = 16
up = 0
)" + exactly("group_gpus", "16") +
         R"(
)" + exactly("oversub", "1") +
         R"(
cable = "fiber"
)" + quantity("cable_m", "v = 20, lo = 10, hi = 30") +
         "\n";
}

/// `text` with the first `from` replaced; a test that changes nothing tests nothing.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace fabricast
