#include "core/layer_work.hpp"
#include "model/workload_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace fabricast {
namespace {

TEST(Workloads, CountAsManyParametersAsIsPublished) {
  const std::map<std::string, double> published{
      {"llama3-8b",   8.03e9 },
      {"llama3-70b",  70.6e9 },
      {"llama3-405b", 405.9e9},
      {"gpt3-175b",   174.6e9},
      {"grok-1",      314e9  },
  };
  ASSERT_EQ(workload_names().size(), published.size());
  for (const auto& [name, total] : published) {
    const Workload w = load_workload(name).workload;
    EXPECT_NEAR(static_cast<double>(parameter_count(w)) / total, 1, 0.01) << name;
    EXPECT_EQ(w.id, name);
  }
}

TEST(Workloads, EveryNumberHasASource) {
  for (const auto& name : workload_names()) {
    for (const auto& fact : load_workload(name).facts) {
      EXPECT_FALSE(fact.quantity.source.empty()) << name << " " << fact.key;
    }
  }
}

TEST(Workloads, TensorNamesAreUnique) {
  for (const auto& name : workload_names()) {
    std::set<std::string> names;
    for (const auto& tensor : parameter_tensors(load_workload(name).workload)) {
      EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name;
    }
  }
}

// Top 2 of 8 experts: a quarter of the expert matrices works for a token.
TEST(Workloads, ATokenVisitsAShareOfTheExperts) {
  for (const auto& tensor : parameter_tensors(load_workload("grok-1").workload)) {
    if (tensor.name == "layers.5.experts.up") {
      EXPECT_EQ(tensor.active * 4, tensor.count);
      return;
    }
  }
  FAIL() << "no expert matrix";
}

// Two flops per parameter that a token meets forward, four backward: a router that every GPU has,
// and padding of the vocabulary, come on top.
TEST(Workloads, TheProductsOfALayerAddUpToSixFlopsPerParameterAndToken) {
  constexpr std::uint64_t kTokens = 4096;
  for (const auto& id : workload_names()) {
    const Workload w = load_workload(id).workload;
    double active = w.tied_embeddings ? static_cast<double>(w.hidden * w.vocabulary) : 0;
    for (const auto& tensor : parameter_tensors(w)) {
      active += static_cast<double>(tensor.active);
    }
    for (const std::uint64_t split : {1U, 2U, 4U, 8U}) {
      double total = 0;
      for (const auto& work : layer_work(w, split, kTokens)) {
        total += flops(work) * static_cast<double>(work.per_layer * work.layers * split);
      }
      EXPECT_NEAR(total / (6 * active * kTokens), 1, 0.001) << id << ", " << split;
    }
  }
}

TEST(Workloads, TheOptimizerOfALayerUpdatesItsParameters) {
  for (const auto& id : workload_names()) {
    const Workload w = load_workload(id).workload;
    double parameters = 0;
    for (const auto& tensor : parameter_tensors(w)) {
      const bool outside = tensor.role == TensorRole::kEmbedding || tensor.layer != 0;
      parameters += outside ? 0 : static_cast<double>(tensor.count);
    }
    for (const auto& work : layer_work(w, 1, 1)) {
      if (work.part == LayerPart::kOptimizer) {
        EXPECT_NEAR(static_cast<double>(work.n * work.per_layer) / parameters, 1, 0.001) << id;
      }
    }
  }
}

TEST(Workloads, AnAliasNamesTheSameModel) {
  EXPECT_EQ(load_workload("gpt3").workload.id, "gpt3-175b");
}

TEST(Workloads, AnUnknownNameListsThoseThatExist) {
  try {
    load_workload("lama3-8b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'llama3-8b'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("grok-1"), std::string::npos);
  }
}

std::string faults_after(const std::string& from, const std::string& to) {
  std::ifstream in(FABRICAST_SOURCE_DIR "/workloads/llama3-8b.toml");
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  text.replace(text.find(from), from.size(), to);
  const std::string path =
      (std::filesystem::temp_directory_path() / "fabricast_workload_test.toml").string();
  std::ofstream(path) << text;
  std::string faults;
  for (const auto& fault : workload_faults(path)) {
    faults += fault.what();
  }
  std::filesystem::remove(path);
  return faults;
}

TEST(Workloads, FaultsAreFound) {
  EXPECT_EQ(faults_after("32", "32"), "");
  EXPECT_NE(faults_after("{ v = 14336, lo = 14336, hi = 14336", "{ v = 28672, lo = 1, hi = 1e6")
                .find("published are 8.03e+09"),
            std::string::npos);
  EXPECT_NE(faults_after("kv_heads", "kv_head").find("kv_head"), std::string::npos);
  EXPECT_NE(faults_after("{ v = 8, lo = 8, hi = 8", "{ v = 7, lo = 7, hi = 7")
                .find("kv_heads = 7 does not divide heads = 32"),
            std::string::npos);
  EXPECT_NE(faults_after("{ v = 32, lo = 32, hi = 32", "{ v = 32.5, lo = 32, hi = 33")
                .find("not a whole number"),
            std::string::npos);
  EXPECT_NE(faults_after("p = \"datasheet\", ", "").find("provenance"), std::string::npos);
}

}  // namespace
}  // namespace fabricast
