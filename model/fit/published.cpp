#include "model/fit/published.hpp"

#include "core/csv.hpp"
#include "core/decimal.hpp"
#include "core/error.hpp"
#include "core/statistics.hpp"
#include "model/fit/size_band.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "embedded/published_files.hpp"

namespace fabricast {

namespace {

constexpr double kHeaviestCell = 6;

const std::string& file(const std::string& name) {
  for (const auto& embedded : published_files()) {
    if (embedded.name == name) {
      return embedded.text;
    }
  }
  throw std::logic_error("no embedded file " + name);
}

using Points = std::map<std::string, std::vector<std::pair<double, double>>>;  // bytes, us by curve

Points read_points() {
  const std::vector<std::string> columns{"curve", "bytes", "time_us"};
  const CsvTable table = parse_csv(
      file("collective_points.csv"), "results/published/collective_points.csv", columns, columns);
  Points points;
  for (const auto& row : table.rows) {
    points[row.fields[0]].emplace_back(parse_decimal(row.fields[1]).value(),
                                       parse_decimal(row.fields[2]).value());
  }
  return points;
}

// What makes curves repeats of each other.
using Key =
    std::tuple<std::string, std::string, std::string, std::string, std::string, std::string>;

struct Merged {
  PublishedCurve curve;
  std::map<double, std::vector<double>> log_times;  // by bytes
};

std::shared_ptr<const Cluster> cluster_named(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const Cluster>> loaded;
  auto& cluster = loaded[name];
  if (!cluster) {
    cluster = std::make_shared<const Cluster>(load_cluster(name));
  }
  return cluster;
}

PublishedCurve curve_of(const CsvTable& table, const CsvTable::Row& row) {
  const auto field = [&](const char* column) { return table.field(row, column); };
  PublishedCurve published;
  MeasuredCurve& m = published.measured;
  m.system = field("system");
  m.cluster = cluster_named(field("cluster"));
  m.collective = find_collective(field("collective")).value();
  m.setting =
      make_setting(*m.cluster, std::stoi(field("ranks")), std::stoi(field("ranks_per_node")));
  m.algorithm = field("algorithm");
  m.nccl_version = field("nccl_version");
  m.name = m.system + " " + field("collective") + " " + field("ranks");
  published.left_out_with = field("left_out_with");
  return published;
}

std::vector<MeasuredPoint> medians(const std::map<double, std::vector<double>>& log_times) {
  std::vector<MeasuredPoint> points;
  for (auto [bytes, times] : log_times) {
    std::sort(times.begin(), times.end());
    points.push_back({Bytes(bytes), quantile(times, 0.5)});
  }
  return points;
}

void weigh_cells(std::vector<PublishedCurve>& curves) {
  const auto cell = [](const MeasuredCurve& c, const MeasuredPoint& p) {
    return std::tuple(c.system,
                      c.collective,
                      c.setting.layout.ranks,
                      c.setting.layout.per_node,
                      size_band(p.message));
  };
  std::map<decltype(cell(curves[0].measured, curves[0].measured.points[0])), int> sizes;
  for (const auto& curve : curves) {
    for (const auto& point : curve.measured.points) {
      ++sizes[cell(curve.measured, point)];
    }
  }
  for (auto& curve : curves) {
    for (auto& point : curve.measured.points) {
      point.weight = std::min(1.0, kHeaviestCell / sizes[cell(curve.measured, point)]);
    }
  }
}

}  // namespace

std::vector<PublishedCurve> published_curves() {
  const std::vector<std::string> needed{"curve",
                                        "system",
                                        "left_out_with",
                                        "cluster",
                                        "collective",
                                        "ranks",
                                        "ranks_per_node",
                                        "nccl_version",
                                        "version_known",
                                        "algorithm",
                                        "type",
                                        "quality",
                                        "digitised",
                                        "date",
                                        "configuration",
                                        "source"};
  const CsvTable table = parse_csv(
      file("collective_curves.csv"), "results/published/collective_curves.csv", needed, needed);
  const Points points = read_points();
  std::vector<Merged> merged;
  std::map<Key, std::size_t> known;
  for (const auto& row : table.rows) {
    const auto field = [&](const char* column) { return table.field(row, column); };
    const Key key{field("system"),
                  field("collective"),
                  field("ranks"),
                  field("ranks_per_node"),
                  field("nccl_version"),
                  field("algorithm")};
    const auto [at, is_new] = known.try_emplace(key, merged.size());
    if (is_new) {
      merged.push_back({curve_of(table, row), {}});
    }
    Merged& curve = merged[at->second];
    curve.curve.sources.push_back(field("source"));
    for (const auto& [bytes, us] : points.at(field("curve"))) {
      curve.log_times[bytes].push_back(std::log(us * 1e-6));
    }
  }
  std::vector<PublishedCurve> curves;
  for (Merged& m : merged) {
    m.curve.measured.points = medians(m.log_times);
    curves.push_back(std::move(m.curve));
  }
  weigh_cells(curves);
  return curves;
}

}  // namespace fabricast
