#include "model/expectation.hpp"

#include "model/collective/predict.hpp"
#include "model/suspects.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabricast {
namespace {

const std::vector<std::uint64_t> kSizes{1024, 1 << 20, 1 << 26, 1ULL << 30, 1ULL << 33};

Record record_of(const Question& q, std::uint64_t bytes, double us) {
  Record r;
  r.origin.machine = "NVIDIA H100 80GB HBM3";
  r.origin.versions = {
      {"nccl", "2.28.9"}
  };
  r.backend = "nccl";
  r.algorithm = "library";
  r.collective = q.collective;
  r.bytes = bytes;
  r.count = bytes / 4;
  r.ranks = q.ranks;
  r.ranks_per_node = q.ranks_per_node;
  r.samples_us = {us};
  return r;
}

Question question_on(int ranks) {
  Question q;
  q.ranks = ranks;
  q.ranks_per_node = 8;
  q.bytes = kSizes;
  q.nccl_version = "2.28.9";
  return q;
}

// What would be measured if the model were right about this cluster and question.
std::vector<Record> measured_on(const Cluster& cluster, const Question& q, double factor = 1) {
  std::vector<Record> records;
  const Forecast forecast = predict(cluster, q, published_model());
  for (const auto& p : forecast.predictions) {
    records.push_back(record_of(q, p.bytes, factor * in_us(p.time)));
  }
  return records;
}

TEST(Expectation, WhatTheModelSaysIsGood) {
  const Cluster cluster = load_cluster("hgx-h100");
  const Model model = published_model();
  for (const int ranks : {8, 16, 256}) {
    const auto records = measured_on(cluster, question_on(ranks));
    const Expectation e = expect(records, cluster, model, "");
    EXPECT_EQ(e.count(Verdict::kGood), 5);
    ASSERT_EQ(e.curves.size(), 1U);
    EXPECT_EQ(e.curves[0].nccl_version, "2.28.9");
    EXPECT_TRUE(e.curves[0].causes.empty());
    for (const auto& row : e.curves[0].rows) {
      EXPECT_NEAR(row.ratio, 1, 1e-9);
    }
  }
}

TEST(Expectation, TenTimesSlowerIsSlow) {
  const Cluster cluster = load_cluster("hgx-h100");
  const auto records = measured_on(cluster, question_on(64), 10);
  const Model model = published_model();
  EXPECT_EQ(expect(records, cluster, model, "").count(Verdict::kSlow), 5);
}

TEST(Expectation, FasterThanTheLinksIsTooFast) {
  const Cluster cluster = load_cluster("hgx-h100");
  const auto records = measured_on(cluster, question_on(64), 0.1);
  const Model model = published_model();
  const Expectation e = expect(records, cluster, model, "");
  EXPECT_GE(e.count(Verdict::kTooFast), 3);
  EXPECT_FALSE(e.curves[0].causes.empty());
}

TEST(Expectation, AFaultIsTheFirstCauseOfItsOwnTimes) {
  const Cluster cluster = load_cluster("hgx-h100");
  const Model model = published_model();
  int found = 0;
  for (const int ranks : {8, 16, 64}) {
    const Question q = question_on(ranks);
    for (const Suspect& suspect :
         suspects(cluster, q, ranks / 8, ranks == 8 ? "nvls" : "nvls_tree")) {
      std::vector<Record> records;
      try {
        records = measured_on(suspect.cluster, suspect.question);
      } catch (const Error&) {
        continue;  // an algorithm that there is not
      }
      const Expectation e = expect(records, cluster, model, "");
      if (e.curves[0].rows.back().verdict != Verdict::kSlow) {
        continue;  // too little to be seen
      }
      ++found;
      const auto& causes = e.curves[0].causes;
      EXPECT_TRUE(std::any_of(
          causes.begin(),
          causes.end(),
          [&](const Cause& cause) { return cause.distance < 0.02 && cause.text == suspect.text; }))
          << suspect.name << " on " << ranks;
    }
  }
  EXPECT_GE(found, 5);
}

TEST(Expectation, SlowSmallSizesAreNotBlamedOnLinks) {
  const Cluster cluster = load_cluster("hgx-h100");
  const Model model = published_model();
  auto records = measured_on(cluster, question_on(64));
  records[0].samples_us[0] *= 10;
  const Expectation e = expect(records, cluster, model, "");
  EXPECT_EQ(e.count(Verdict::kSlow), 1);
  ASSERT_EQ(e.curves[0].causes.size(), 1U);
  EXPECT_EQ(e.curves[0].causes[0].name, "size below the plateau");
}

TEST(Expectation, WhatCannotBeJudgedSaysWhy) {
  const Cluster cluster = load_cluster("hgx-h100");
  const Model model = published_model();
  const Record good = measured_on(cluster, question_on(16)).at(2);
  std::vector<Record> records(7, good);
  records[0].ranks = records[0].ranks_per_node = 1;
  records[1].wrong_elements = 1;
  records[2].oversubscribed = true;
  records[3].backend = "mpi";
  records[4].ranks_per_node = 16;  // more than the node has GPUs
  records[5].samples_us.clear();
  records[6].bytes = 0;
  const Expectation e = expect(records, cluster, model, "");
  EXPECT_EQ(e.count(Verdict::kUnknown), 7);
  for (const auto& curve : e.curves) {
    for (const auto& row : curve.rows) {
      EXPECT_FALSE(row.why_unknown.empty());
    }
  }
}

TEST(Expectation, AnUnknownNcclIsReplacedAndSaidSo) {
  const Cluster cluster = load_cluster("hgx-h100");
  const Model model = published_model();
  std::vector<Record> records{measured_on(cluster, question_on(16)).at(2)};
  records[0].origin.versions["nccl"] = "2.4.7";
  const Expectation old = expect(records, cluster, model, "");
  EXPECT_EQ(old.count(Verdict::kUnknown), 0);
  ASSERT_FALSE(old.curves[0].notes.empty());
  EXPECT_NE(old.curves[0].notes[0].find("2.4.7"), std::string::npos);
  EXPECT_THROW(expect(records, cluster, model, "2.4.7"), Error);
  EXPECT_EQ(expect(records, cluster, model, "2.19.4").curves[0].nccl_version, "2.19.4");
}

TEST(Expectation, AnotherGpuThanTheClustersIsNoted) {
  const Cluster cluster = load_cluster("hgx-h100");
  const Model model = published_model();
  std::vector<Record> records{measured_on(cluster, question_on(16)).at(2)};
  records[0].origin.machine = "NVIDIA A100-SXM4-40GB";
  const Expectation e = expect(records, cluster, model, "");
  ASSERT_EQ(e.curves[0].notes.size(), 1U);
  EXPECT_NE(e.curves[0].notes[0].find("A100"), std::string::npos);
}

}  // namespace
}  // namespace fabricast
