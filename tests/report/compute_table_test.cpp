#include "report/compute_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace fabricast {
namespace {

ComputeRecord row(LayerPart part, LayerPass pass, double us, std::uint64_t per_layer) {
  ComputeRecord r;
  r.workload = "llama3-8b";
  r.tensor_parallel = 2;
  r.tokens = 8192;
  r.origin.machine = "a processor";
  const std::uint64_t k = info(part).product ? 500 : 0;
  r.work = {part, pass, 1000, 2000, k, per_layer, 32};
  r.type = ComputeType::kBfloat16;
  r.samples_us = {us, us, us, us, us, us};
  return r;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<ComputeRecord> a_layer() {
  using enum LayerPart;
  using enum LayerPass;
  return {row(kUp, kForward, 100, 8),
          row(kDown, kDataGradient, 50, 8),
          row(kLogits, kForward, 10000, 1),
          row(kNorm, kForward, 10, 2),
          row(kOptimizer, kUpdate, 70, 1)};
}

TEST(ComputeTable, ALayerTakesItsPartsAsOftenAsItHasThemAndNoLogits) {
  const auto records = a_layer();
  std::vector<const ComputeRecord*> pointers;
  for (const auto& r : records) {
    pointers.push_back(&r);
  }
  const LayerTime time = layer_time(pointers);
  EXPECT_DOUBLE_EQ(in_us(time.products), 8 * 150);
  EXPECT_DOUBLE_EQ(time.product_flops, 16 * 2e9);
  EXPECT_DOUBLE_EQ(in_us(time.moved), 20);
  EXPECT_DOUBLE_EQ(in_us(time.update), 70);
}

TEST(ComputeTable, NamesPartsRatesAndWhatIsWrong) {
  auto records = a_layer();
  records[1].wrong_elements = 3;
  records[2].tensor_parallel = 4;
  std::ostringstream out;
  write_compute_tables(out, records, 140);
  const std::string text = out.str();
  EXPECT_TRUE(contains(text, "llama3-8b, tensor parallel 2, 8192 tokens, bfloat16, unscaled"))
      << text;
  EXPECT_TRUE(contains(text, "tensor parallel 4")) << text;
  EXPECT_TRUE(contains(text, "20.00")) << text;  // TFLOP/s: 2e9 in 100 us
  EXPECT_TRUE(contains(text, "800.4")) << text;  // GB/s: rows in and out, one of gains, in 10 us
  EXPECT_TRUE(contains(text, "WRONG RESULTS")) << text;
  std::ostringstream nothing;
  write_compute_tables(nothing, {}, 100);
  EXPECT_EQ(nothing.str(), "");
}

TEST(ComputeTable, CsvHasARowPerRecord) {
  std::ostringstream out;
  write_csv(out, a_layer());
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
  EXPECT_TRUE(contains(text, ",up,forward,1000,2000,500,8,32,2000000000,")) << text;
}

}  // namespace
}  // namespace fabricast
