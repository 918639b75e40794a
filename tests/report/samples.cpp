#include "tests/report/samples.hpp"

#include "report/utf8.hpp"

#include <algorithm>
#include <sstream>

namespace fabricast::test {

namespace {

using namespace literals;

constexpr double kLatency_us = 9;
constexpr double kRate_B_per_us = 9000;

double modelled_us(double bytes) { return kLatency_us + bytes / kRate_B_per_us; }

Prediction prediction_of(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  const Seconds latency = microseconds(310);
  const Seconds transfer = Bytes(size) / 41_GBps;
  const Seconds jitter = 0.1 * (latency + transfer);
  const Seconds time = latency + transfer + jitter;
  Prediction p;
  p.bytes = bytes;
  p.algorithm = bytes < (1U << 20U) ? "tree" : "nvls_tree";
  p.protocol = bytes < (1U << 20U) ? "ll128" : "simple";
  p.time = time;
  p.low = 0.6 * time;
  p.high = 1.9 * time;
  p.provenance = Provenance::kPublished;
  p.extrapolation = {4096, 24.4};
  p.terms = {
      {"scale_out_latency", latency },
      {"scale_out_bytes",   transfer},
      {"straggler",         jitter  }
  };
  p.drivers = {
      {"fabric.routing_efficiency",
       0.61,                              Provenance::kClaim,
       "https://example.org/paper?a=1&b=2, table 3"                                          },
      {"nic.latency",               0.22, Provenance::kMeasured,  "this machine"             },
      {"switch.latency",            0.09, Provenance::kDatasheet, "http://example.org/switch"},
      {"jitter.tail_index",         0.05, Provenance::kAssumed,   "no source"                },
  };
  if (bytes >= (1U << 20U)) {
    p.nccl_estimate = 0.8 * time;
  }
  p.datasheet_bound = Bytes(size) / 50_GBps + microseconds(20);
  return p;
}

FittedCurve fit_of(const std::string& algorithm, double factor) {
  FittedCurve fit{algorithm, Collective::kAllReduce, algorithm, 4, {}, {}, {}};
  for (double bytes = 1024; bytes < 2e8; bytes *= 4) {
    const Seconds time = microseconds(factor * modelled_us(bytes));
    fit.points.emplace_back(Bytes(bytes), time);
    fit.low.emplace_back(Bytes(bytes), 0.8 * time);
    fit.high.emplace_back(Bytes(bytes), 1.3 * time);
  }
  return fit;
}

Record changed(Record r, int ranks, std::vector<std::string> warnings) {
  r.ranks = ranks;
  r.ranks_per_node = ranks;
  r.warnings = std::move(warnings);
  return r;
}

std::vector<Record> special_rows() {
  Record alone = changed(record_of(Collective::kAllReduce, "ring", 65536, 3.25), 1, {});
  Record warned = changed(record_of(Collective::kAllGather, "ring", 1000, 44),
                          4,
                          {"processor frequency changed during the run", "swap was in use"});
  warned.oversubscribed = true;
  warned.stopped_by = StopReason::kTimeCap;
  Record wrong = record_of(Collective::kAllGather, "ring", 65536, 51);
  wrong.wrong_elements = 1234567;
  wrong.warnings = {"swap was in use"};
  Record few = record_of(Collective::kAllGather, "ring", 1U << 20U, 700);
  few.samples_us.resize(3);
  Record none = record_of(Collective::kAllGather, "ring", 0, 1);
  none.samples_us.clear();
  return {alone, warned, wrong, few, none};
}

}  // namespace

const std::string kHostile =
    "\"'><script src=//x>alert(1)</script><img src=x onerror=a>]]>&lt;\x1b[2J\r\n\t\xff\xc3(\u202e"
    "style=\"background:url(http://x)\" @import,日本語/averyveryveryveryveryverylongword"
    "withoutaplacetobreakitanywhereuntilthelineisfarlongerthanahundredcolumnsofaterminal";

Record record_of(Collective collective,
                 const std::string& algorithm,
                 std::uint64_t bytes,
                 double median_us) {
  Record r;
  r.origin = {
      "2025-05-01T12:00:00Z",
      "mpirun -n 4 fabricast measure -b 1K -e 64M",
      "0.1.0 (abc1234)",
      "node17",
      "2 x Example 9000, 256 GiB",
      8,
      {{"mpi", "Open MPI 4.1.4"}, {"benchmark", "1.7.1"}}
  };
  r.collective = collective;
  r.backend = "host";
  r.algorithm = algorithm;
  r.type = DataType::kFloat32;
  r.count = bytes / 4;
  r.bytes = bytes;
  r.ranks = 4;
  r.ranks_per_node = 4;
  for (const double f : {1.01, 0.98, 1.0, 1.03, 0.99, 1.0, 1.02, 0.97, 1.35}) {
    r.samples_us.push_back(f * median_us);
  }
  r.rank_median_us = {median_us, median_us, median_us, median_us};
  return r;
}

std::vector<Record> sample_records() {
  std::vector<Record> records;
  for (std::uint64_t bytes = 1024; bytes <= (64U << 20U); bytes *= 16) {
    const double us = modelled_us(static_cast<double>(bytes));
    records.push_back(record_of(Collective::kAllReduce, "ring", bytes, us));
    records.back().samples_us[3] = records.back().samples_us[6] = 1.4 * us;  // a wide interval
    records.push_back(record_of(Collective::kAllReduce,
                                "recursive_doubling",
                                bytes,
                                0.7 * us + 8e-5 * static_cast<double>(bytes)));
  }
  for (const auto& row : special_rows()) {
    records.push_back(row);
  }
  return records;
}

Forecast sample_forecast() {
  Forecast f;
  f.cluster = "colossus-100k";
  f.collective = Collective::kAllReduce;
  f.ranks = 100000;
  f.ranks_per_node = 8;
  f.nccl_version = "2.28.9";
  f.selection = "auto";
  f.calibration = "measured here: host latency and rate; priors: NVLink, NIC, switches, routing";
  f.predictions = {prediction_of(8), prediction_of(1U << 20U), prediction_of(1U << 30U)};
  f.notes = {"routing of the spine is not published", "number of spines is not published"};
  return f;
}

HtmlReport sample_report() {
  HtmlReport report;
  report.title = "fabricast: node17, and all_reduce on colossus-100k";
  report.records = sample_records();
  report.fits = {fit_of("ring", 1.05), fit_of("recursive_doubling", 0.75)};
  report.forecasts = {sample_forecast()};
  report.ladder = {
      {"no GPU",  "Open MPI collectives on host buffers", "everything about GPUs", true },
      {"one GPU", "copy and reduction rate, launch cost", "NVLink, NIC, fabric",   false},
  };
  using enum Provenance;
  report.provenance = {
      {"host.latency",       "2.1 µs",  "1.9–2.4 µs",  kMeasured,  "this machine"           },
      {"nic.rate",           "400 Gb/s", "400–400 Gb/s", kDatasheet, "https://example.org/nic"},
      {"routing_efficiency", "0.93",     "0.70–0.97",    kClaim,     "a talk"                 },
      {"jitter.tail_index",  "3",        "2–6",          kAssumed,   "no source"              },
  };
  report.fit_checks = {
      {"median error on held-out rows", "6 %"     },
      {"rows inside their 90 % band",   "11 of 12"}
  };
  return report;
}

HtmlReport hostile_report() {
  HtmlReport report = sample_report();
  const std::string& h = kHostile;
  report.title = h;
  for (auto& r : report.records) {
    r.origin = {h, h, h, h, h, 1, {{h, h}}};
    r.backend = h;
    r.algorithm = h;
    r.warnings = {h};
  }
  for (auto& fit : report.fits) {
    fit.label = h;
    fit.algorithm = h;
  }
  for (auto& f : report.forecasts) {
    f.cluster = f.nccl_version = f.selection = f.calibration = h;
    f.notes = {h};
    for (auto& p : f.predictions) {
      p.algorithm = p.protocol = h;
      for (auto& term : p.terms) {
        term.name = h;
      }
      p.drivers[0].input = h;
      p.drivers[0].source = "https://" + h;
      p.drivers[1].source = "javascript:" + h;
    }
  }
  report.ladder = {
      {h, h, h, true}
  };
  report.provenance = {
      {h, h, h, Provenance::kClaim, "http://x" + h}
  };
  report.fit_checks = {
      {h, h}
  };
  return report;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream in(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(in, line);) {
    widest = std::max(widest, display_width(line));
  }
  return widest;
}

}  // namespace fabricast::test
