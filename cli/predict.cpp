// fabricast predict: the time of a collective on a described cluster.

#include "model/collective/predict.hpp"

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "core/atomic_file.hpp"
#include "core/csv.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "core/size.hpp"
#include "model/cluster_override.hpp"
#include "model/collective/nccl_tuner.hpp"
#include "report/csv.hpp"
#include "report/forecast_json.hpp"
#include "report/forecast_table.hpp"

#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <map>
#include <memory>

namespace fabricast {

namespace {

struct Options {
  std::string cluster;
  std::string collective;
  Question question;
  std::vector<std::string> sets;
  std::string model_file;
  std::string format = "table";
  std::string cases;
  std::string out;
};

Model model_of(const Options& o) {
  return o.model_file.empty() ? published_model() : load_model(o.model_file);
}

Collective collective_named(const std::string& word, const std::string& where) {
  const auto collective = find_collective(word);
  if (!collective) {
    throw unknown_name("collective", word, names_of(kCollectives), where);
  }
  return *collective;
}

// One forecast stands alone; a sweep is a list of them.
void print(const std::vector<Forecast>& forecasts, const std::string& format) {
  if (format == "csv") {
    write_csv(std::cout, forecasts);
    return;
  }
  const bool list = format == "json" && forecasts.size() > 1;
  std::cout << (list ? "[\n" : "");
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    if (format == "json") {
      write_json(std::cout, forecasts[i]);
      std::cout << (list && i + 1 < forecasts.size() ? ",\n" : "");
    } else {
      write_forecast(std::cout, forecasts[i]);
      std::cout << (i + 1 < forecasts.size() ? "\n" : "");
    }
  }
  std::cout << (list ? "]\n" : "");
}

void predict_one(Options& o) {
  for (const auto& [value, option] : {std::pair(o.cluster.empty(), "--cluster"),
                                      std::pair(o.collective.empty(), "--collective"),
                                      std::pair(o.question.ranks == 0, "--ranks"),
                                      std::pair(o.question.bytes.empty(), "--bytes")}) {
    if (value) {
      throw Error(
          fmt::format("{} is missing", option),
          "",
          "fabricast predict --cluster colossus-100k --collective all_reduce --ranks 100000 "
          "--bytes 8,1K,1M,1G");
    }
  }
  o.question.collective = collective_named(o.collective, "--collective");
  const Model model = model_of(o);
  std::vector<Forecast> forecasts;
  for (const auto& [label, cluster] : cluster_variants(o.cluster, o.sets)) {
    forecasts.push_back(predict(cluster, o.question, model));
    if (!label.empty()) {
      forecasts.back().cluster += " with " + label;
    }
  }
  print(forecasts, o.format);
}

// The contract of --cases.
const std::vector<std::string> kRequired{
    "case_id", "cluster", "collective", "ranks", "ranks_per_node", "bytes"};
const std::vector<std::string> kKnown{"case_id",
                                      "cluster",
                                      "collective",
                                      "ranks",
                                      "ranks_per_node",
                                      "bytes",
                                      "dtype",
                                      "algorithm",
                                      "protocol",
                                      "nccl_version"};

int count_field(const CsvTable& table, const CsvTable::Row& row, const std::string& column) {
  const std::string text = table.field(row, column);
  int value = 0;
  if (text.empty()) {
    return 0;
  }
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size() || value < 0) {
    throw Error(
        "'" + text + "' is not a count", table.where(row) + ", " + column, "a whole number");
  }
  return value;
}

Question question_of(const CsvTable& table, const CsvTable::Row& row) {
  Question q;
  q.collective = collective_named(table.field(row, "collective"), table.where(row));
  q.ranks = count_field(table, row, "ranks");
  q.ranks_per_node = count_field(table, row, "ranks_per_node");
  q.bytes = {parse_size(table.field(row, "bytes"), table.where(row) + ", bytes")};
  const std::string algorithm = table.field(row, "algorithm");
  q.algorithm = algorithm.empty() ? "auto" : algorithm;
  q.protocol = table.field(row, "protocol");
  q.nccl_version = table.field(row, "nccl_version");
  return q;
}

std::string answer_line(const std::string& id, const Prediction& p) {
  return fmt::format("{},{:.6g},{:.6g},{:.6g},{},{}\n",
                     csv_field(id),
                     in_us(p.time),
                     in_us(p.low),
                     in_us(p.high),
                     p.algorithm,
                     p.protocol);
}

// Nothing is written until every case has its answer.
void predict_cases(const Options& o) {
  if (o.out.empty()) {
    throw Error("--cases needs a place for the answers", "", "-o FILE.csv");
  }
  const CsvTable table = read_csv(o.cases, kRequired, kKnown);
  const Model model = model_of(o);
  std::map<std::string, Cluster> clusters;
  std::string answers = "case_id,time_us,time_us_low,time_us_high,algorithm,protocol\n";
  for (const auto& row : table.rows) {
    const std::string name = table.field(row, "cluster");
    try {
      if (!clusters.contains(name)) {
        clusters.emplace(name, load_cluster(name));
      }
      const Forecast forecast = predict(clusters.at(name), question_of(table, row), model);
      answers += answer_line(table.field(row, "case_id"), forecast.predictions.front());
    } catch (const Error& error) {
      throw Error(error.what(), table.where(row), "", error.exit_code());
    }
  }
  write_file(o.out, [&](std::ostream& out) { out << answers; });
}

}  // namespace

void register_predict(CLI::App& app) {
  auto options = std::make_shared<Options>();
  Options& o = *options;
  CLI::App& c = *app.add_subcommand("predict", "Forecast a collective on a described cluster");
  c.add_option("--cluster", o.cluster, "A name of `clusters list`, or a .toml file");
  c.add_option("--set",
               o.sets,
               "What if: KEY=VALUE of the cluster file, such as fabric.tier[spine].oversub=4; "
               "VALUE,VALUE is a sweep; may be repeated")
      ->allow_extra_args(false);
  c.add_option(
      "--collective", o.collective, "all_reduce, all_gather, reduce_scatter, all_to_all ...");
  c.add_option("--ranks", o.question.ranks, "Ranks of the communicator");
  c.add_option("--ranks-per-node", o.question.ranks_per_node, "Default: all GPUs of a node");
  add_sizes(c, "--bytes", o.question.bytes, "Message sizes, such as 8,1K,1M,1G");
  c.add_option("--algorithm",
               o.question.algorithm,
               "auto (what NCCL chooses), best (the fastest), or ring, tree, nvls_tree ...")
      ->capture_default_str();
  c.add_flag("--registered",
             o.question.registered,
             "The buffers lie in windows registered with NCCL: auto takes symmetric kernels where "
             "NCCL does, best also copy engines");
  c.add_option("--protocol", o.question.protocol, "With --algorithm: ll, ll128 or simple");
  c.add_option("--nccl-version",
               o.question.nccl_version,
               fmt::format("NCCL whose choice is made (default: {})", kDefaultNcclVersion));
  c.add_option("--model", o.model_file, "Constants fitted to measurements (fabricast fit)");
  c.add_option("--cases", o.cases, "Many questions at once, from a CSV file");
  c.add_option("-o,--out", o.out, "With --cases: the CSV file for the answers");
  add_format(c, o.format);
  c.callback(
      [options] { options->cases.empty() ? predict_one(*options) : predict_cases(*options); });
}

}  // namespace fabricast
