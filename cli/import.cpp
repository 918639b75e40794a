// fabricast import: logs of other tools to records.

#include "cli/cli.hpp"
#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "importers/importer.hpp"
#include "report/record_group.hpp"
#include "report/table.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>

namespace fabricast {

namespace {

struct Options {
  std::vector<std::string> files;
  std::string out = "-";
  std::string collective;
  ImportOptions import;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (path != "-" && (!file.is_open() || file.bad())) {
    throw Error("cannot read " + path, "", "a log of nccl-tests, or - for standard input");
  }
  return text;
}

// "17, 20-23"
std::string line_ranges(const std::vector<int>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t last = i;
    while (last + 1 < lines.size() && lines[last + 1] <= lines[last] + 1) {
      ++last;
    }
    text += (text.empty() ? "" : ", ") + std::to_string(lines[i]);
    if (lines[last] != lines[i]) {
      text += fmt::format("-{}", lines[last]);
    }
    i = last + 1;
  }
  return text;
}

void say(const std::string& text) { std::cerr << paragraph(text, 2); }

void say_skipped(const ImportedTable& table) {
  std::map<std::string, std::vector<int>> reasons;
  for (const auto& remark : table.skipped) {
    reasons[remark.text].push_back(remark.line);
  }
  for (const auto& [reason, lines] : reasons) {
    say(fmt::format("skipped {} ({}): line {}", lines.size(), reason, line_ranges(lines)));
  }
  std::vector<int> foreign;
  for (const auto& remark : table.foreign) {
    foreign.push_back(remark.line);
  }
  if (!foreign.empty()) {
    say(fmt::format("{} lines between the rows are not of the table: line {}",
                    foreign.size(),
                    line_ranges(foreign)));
  }
}

void say(const ImportedTable& table) {
  std::string what = "no collective";
  if (table.collective) {
    what = fmt::format("{} ({})", name(*table.collective), table.told_how);
  }
  const std::string ranks =
      table.ranks > 0
          ? fmt::format("{} on {}",
                        ranks_text(table.ranks, 0),
                        table.nodes == 1 ? "1 node" : fmt::format("{} nodes", table.nodes))
          : "ranks unknown";
  std::cerr << paragraph(fmt::format("{}: {}, {}: {} rows, {} records",
                                     table.where,
                                     what,
                                     ranks,
                                     table.rows,
                                     table.records.size()));
  say_skipped(table);
  for (const auto& remark : table.remarks) {
    say(remark);
  }
}

void write(const std::vector<Record>& records, const std::string& out) {
  const auto all = [&records](std::ostream& stream) {
    for (const Record& record : records) {
      write_jsonl(stream, record);
    }
  };
  if (out == "-") {
    all(std::cout);
    std::cout.flush();
  } else {
    write_file(out, all);
  }
}

void run(Options& o) {
  if (!o.collective.empty()) {
    o.import.collective = find_collective(o.collective);
    if (!o.import.collective) {
      throw unknown_name("collective", o.collective, names_of(kCollectives), "--collective");
    }
  }
  std::vector<Record> records;
  int rows = 0;
  for (const auto& path : o.files) {
    for (const ImportedTable& table :
         import_log(text_of(path), path == "-" ? "standard input" : path, o.import)) {
      say(table);
      rows += table.rows;
      records.insert(records.end(), table.records.begin(), table.records.end());
    }
  }
  if (records.empty() && rows > 0) {
    throw Error(fmt::format("none of {} rows can be used", rows),
                "",
                "see the reasons above; --collective, --nodes and --ranks-per-node say what a file "
                "does not");
  }
  write(records, o.out);
}

}  // namespace

void register_import(CLI::App& app) {
  auto options = std::make_shared<Options>();
  Options& o = *options;
  CLI::App& c = *app.add_subcommand("import", "Read logs of nccl-tests (text or JSON) as records");
  c.add_option("logs", o.files, "What nccl-tests printed or wrote with -J; - for standard input")
      ->required();
  c.add_option("-o,--out", o.out, "The .jsonl file for the records; - for standard output")
      ->capture_default_str();
  c.add_option("--collective", o.collective, "For a file that does not tell it");
  c.add_option("--nodes", o.import.nodes, "For a file that does not list its ranks or hides hosts")
      ->check(CLI::Range(1, 1'000'000));
  c.add_option("--ranks-per-node", o.import.ranks_per_node, "Likewise")
      ->check(CLI::Range(1, 1'000));
  c.callback([options] { run(*options); });
}

}  // namespace fabricast
