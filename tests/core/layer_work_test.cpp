#include "core/layer_work.hpp"

#include "core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabricast {
namespace {

// Llama 3 8B: arXiv:2407.21783, table 3.
Workload dense() {
  Workload w;
  w.id = "dense";
  w.layers = 32;
  w.hidden = 4096;
  w.heads = 32;
  w.kv_heads = 8;
  w.ffn = 14336;
  w.vocabulary = 128256;
  w.gated = true;
  return w;
}

Workload with_experts() {
  Workload w = dense();
  w.experts = 8;
  w.experts_per_token = 2;
  return w;
}

LayerWork find(const std::vector<LayerWork>& works, LayerPart part, LayerPass pass) {
  const auto at = std::find_if(works.begin(), works.end(), [&](const LayerWork& w) {
    return w.part == part && w.pass == pass;
  });
  EXPECT_NE(at, works.end()) << name(part) << ' ' << name(pass);
  return at == works.end() ? LayerWork{} : *at;
}

void expect_shape(const LayerWork& w, std::uint64_t m, std::uint64_t n, std::uint64_t k) {
  EXPECT_EQ(w.m, m) << name(w.part);
  EXPECT_EQ(w.n, n) << name(w.part);
  EXPECT_EQ(w.k, k) << name(w.part);
}

TEST(LayerWork, HasTheShapesOfTheModel) {
  const auto works = layer_work(dense(), 1, 8192);
  using enum LayerPart;
  using enum LayerPass;
  expect_shape(find(works, kQkv, kForward), 8192, 6144, 4096);
  expect_shape(find(works, kUp, kForward), 8192, 28672, 4096);
  expect_shape(find(works, kUp, kDataGradient), 8192, 4096, 28672);
  expect_shape(find(works, kUp, kWeightGradient), 28672, 4096, 8192);
  expect_shape(find(works, kDown, kForward), 8192, 4096, 14336);
  expect_shape(find(works, kLogits, kForward), 8192, 128256, 4096);
  expect_shape(find(works, kSwiglu, kForward), 8192, 14336, 0);
  EXPECT_EQ(find(works, kLogits, kForward).layers, 1U);
  EXPECT_EQ(find(works, kNorm, kForward).per_layer, 2U);
}

TEST(LayerWork, SplitsHeadsFeedForwardAndThePaddedVocabulary) {
  const auto works = layer_work(dense(), 8, 8192);
  using enum LayerPart;
  using enum LayerPass;
  expect_shape(find(works, kQkv, kForward), 8192, 768, 4096);
  expect_shape(find(works, kAttentionOutput, kForward), 8192, 4096, 512);
  expect_shape(find(works, kUp, kForward), 8192, 3584, 4096);
  expect_shape(find(works, kLogits, kForward), 8192, 16128, 4096);  // 126 x 128
  expect_shape(find(works, kNorm, kForward), 8192, 4096, 0);
}

TEST(LayerWork, TokensSpreadOverTheExperts) {
  const auto works = layer_work(with_experts(), 2, 8192);
  const LayerWork up = find(works, LayerPart::kUp, LayerPass::kForward);
  expect_shape(up, 2048, 14336, 4096);
  EXPECT_EQ(up.per_layer, 8U);
  expect_shape(find(works, LayerPart::kRouter, LayerPass::kForward), 8192, 8, 4096);
  expect_shape(find(works, LayerPart::kSwiglu, LayerPass::kForward), 16384, 7168, 0);
}

TEST(LayerWork, TheOptimizerUpdatesEachParameterOfALayerOnce) {
  Workload w = dense();
  const LayerWork one = find(layer_work(w, 1, 1), LayerPart::kOptimizer, LayerPass::kUpdate);
  EXPECT_EQ(one.n * one.per_layer, 218'112'000U);  // of 8.03 billion in 32 layers and embeddings
  w.hidden *= 4;
  const LayerWork many = find(layer_work(w, 1, 1), LayerPart::kOptimizer, LayerPass::kUpdate);
  EXPECT_GT(many.per_layer, 1U);
  EXPECT_LE(many.n, kMostUpdated);
}

TEST(LayerWork, WhatDoesNotSplitIsRefusedByName) {
  EXPECT_EQ(why_not_split(dense(), 8), "");
  EXPECT_NE(why_not_split(dense(), 3).find("heads = 32"), std::string::npos);
  EXPECT_NE(why_not_split(dense(), 16).find("kv_heads = 8"), std::string::npos);
  EXPECT_NE(why_not_split(dense(), 0), "");
  EXPECT_THROW(layer_work(dense(), 3, 1), Error);
}

TEST(LayerWork, CountsFlopsAndBytesOfACall) {
  const LayerWork product{LayerPart::kUp, LayerPass::kForward, 2, 3, 5, 1, 1};
  EXPECT_EQ(flops(product), 60);
  EXPECT_EQ(bytes(product, ComputeType::kBfloat16), (10 + 15 + 6) * 2);
  EXPECT_EQ(bytes(product, ComputeType::kFloat8E4M3), 10 + 15 + 6 * 2);
  const LayerWork sum{LayerPart::kResidual, LayerPass::kForward, 2, 3, 0, 1, 1};
  EXPECT_EQ(flops(sum), 0);
  EXPECT_EQ(bytes(sum, ComputeType::kFloat32), 3 * 6 * 4);
  const LayerWork update{LayerPart::kOptimizer, LayerPass::kUpdate, 1, 7, 0, 1, 1};
  EXPECT_EQ(bytes(update, ComputeType::kBfloat16), 7 * (2 + 3 * 4 + 3 * 4 + 2));
  EXPECT_EQ(bytes(update, ComputeType::kFloat32), 7 * (4 + 3 * 4 + 3 * 4));
}

TEST(LayerWork, AShrunkModelStillSplits) {
  for (const double scale : {1.0, 0.1, 1e-3, 1e-5, 1e-9}) {
    const Workload small = shrunk(with_experts(), scale);
    for (const std::uint64_t split : {1U, 2U, 4U, 8U}) {
      EXPECT_EQ(why_not_split(small, split), "") << scale;
    }
    EXPECT_EQ(small.hidden % small.heads, 0U) << scale;
  }
  EXPECT_EQ(shrunk(dense(), 0.25).hidden, 2048U);
  EXPECT_EQ(shrunk(dense(), 0.25).ffn, 7168U);
}

TEST(LayerTables, EveryNameIsFoundAgain) {
  for (const auto& row : kLayerParts) {
    EXPECT_EQ(find_layer_part(row.name), row.id);
    EXPECT_EQ(name(row.id), row.name);
  }
  for (const auto& row : kLayerPasses) {
    EXPECT_EQ(find_layer_pass(row.name), row.id);
    EXPECT_EQ(name(row.id), row.name);
  }
  for (const auto& row : kComputeTypes) {
    EXPECT_EQ(find_compute_type(row.name), row.id);
    EXPECT_EQ(find_compute_type(row.alias), row.id);
    EXPECT_EQ(name(row.id), row.name);
  }
  EXPECT_EQ(find_layer_part("qvk"), std::nullopt);
}

}  // namespace
}  // namespace fabricast
