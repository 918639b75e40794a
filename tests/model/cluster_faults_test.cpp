// Every fault of a cluster file is told with file:line and a remedy.
#include "model/cluster.hpp"
#include "model/toml_reader.hpp"
#include "tests/model/small_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <vector>

namespace fabricast {
namespace {

/// The fault's whole text, "" if there is none.
std::string fault_of(const std::string& text) {
  try {
    parse_cluster(text, "my.toml");
  } catch (const Error& fault) {
    return fault.what();
  }
  return "";
}

/// "my.toml:7" for the line that holds the first `part`.
std::string place_of(const std::string& text, const std::string& part) {
  const auto at = static_cast<std::ptrdiff_t>(text.find(part));
  return "my.toml:" + std::to_string(1 + std::count(text.begin(), text.begin() + at, '\n'));
}

struct FaultCase {
  std::string name;
  std::string from;  // in small_cluster()
  std::string to;
  std::string at;  // part of the line that the fault must name
  std::string what;
  std::string remedy;
};

void PrintTo(const FaultCase& c, std::ostream* out) { *out << c.name; }

const std::string kLink = exactly("link_Gbps", "400");

/// link_Gbps with this right side.
std::string link(const std::string& inside) { return "link_Gbps = { " + inside + " }"; }
std::string link_numbers(const std::string& numbers) { return quantity("link_Gbps", numbers); }

const std::string kDeep = std::string(20, '[') + std::string(20, ']');

// Formatting is off: version 14 pads each column to its longest text.
// clang-format off
const std::vector<FaultCase> kKeyFaults{
    {"UnknownKey", "rails = 1", "rials = 1", "rials", "unknown key 'rials'", "mean 'rails'"},
    {"UnknownTable", "[fabric]", "[fabrik]\na = 1\n[fabric]", "[fabrik]", "'fabrik'", "'fabric'"},
    {"NoUnit", "link_Gbps", "link", "link = {", "link has no unit", "link_Gbps"},
    {"OtherUnit", "link_Gbps", "link_GBps", "link_GBps", "not given in GBps", "converted"},
    {"MissingKey", "rails = 1\n", "", "[fabric]", "fabric.rails is missing", "an integer"},
    {"MissingTopKey", "schema = 1\n", "", "[cluster]", "schema is missing", "version"},
    {"MissingInATier", "radix = 16\n", "", "[[fabric.tier]]", "fabric.tier.leaf.radix is missing",
     "an integer"},
    {"OtherSchema", "schema = 1", "schema = 2", "schema", "schema = 2", "from 1 to 1"},
    {"TextForInteger", "rails = 1", "rails = 'one'", "rails", "rails is text", "an integer"},
    {"NumberForInteger", "rails = 1", "rails = 1.5", "rails", "rails is a number", "an integer"},
    {"LargeInteger", "rails = 1", "rails = 99999999999", "rails", "= 99999999999", "to 1000000"},
    {"NegativeInteger", "rails = 1", "rails = -8", "rails", "rails = -8", "from 1 to 1000000"},
    {"DateForText", "\"2026-11\"", "2026-11-01", "as_of", "as_of is a date", "text"},
    {"TextForFlag", "tion = true", "tion = 'yes'", "'yes'", "is text", "true or false"},
    {"TableForList", "[[pool]]", "[pool]", "[pool]", "pool is a table", "[[...]]"},
    {"EmptyList", "[cluster]", "group = []\n[cluster]", "group", "group is empty", "one table"},
    {"NumbersForTables", "[cluster]", "group = [1]\n[cluster]", "group", "holds", "tables"},
    {"NumberForLine", "[\"everything\"]", "[1]", "unknown = [1]", "holds an integer", "in quotes"},
    {"EmptyText", "\"two boxes\"", "\"\"", "title", "title is empty", "one line"},
    {"ControlCharacter", "two boxes", "\\u001B[31m", "title", "title is empty, or", "one line"},
    {"UnknownWord", "\"roce-v2\"", "\"rocev2\"", "protocol", "unknown protocol 'rocev2'",
     "did you mean 'roce-v2'"},
};

const std::vector<FaultCase> kQuantityFaults{
    {"BareNumber", kLink, "link_Gbps = 400", "link_Gbps", "no range, provenance and source",
     "link_Gbps = { v = 400, lo = 400, hi = 400, p = "},
    {"NoProvenance", kLink, link("v = 1, lo = 1, hi = 1, src = 'x'"), "link_Gbps",
     "no provenance (p)", "measured, published"},
    {"UnknownProvenance", kLink, link("v = 1, lo = 1, hi = 1, p = 'recalled', src = 'x'"),
     "link_Gbps", "unknown provenance 'recalled'", "datasheet"},
    {"NoBound", kLink, link("v = 1, hi = 1, p = 'claim', src = 'x'"), "link_Gbps",
     "no lower bound (lo)", "lo = "},
    {"NoSource", kLink, link("v = 1, lo = 1, hi = 1, p = 'claim'"), "link_Gbps", "no source (src)",
     "src = "},
    {"EmptySource", kLink, link("v = 1, lo = 1, hi = 1, p = 'claim', src = ' '"), "link_Gbps",
     "empty source", "URL"},
    {"UnknownPart", kLink, link("v = 1, lo = 1, hi = 1, p = 'claim', source = 'x'"), "link_Gbps",
     "unknown part 'source'", "src = "},
    {"LowAboveValue", kLink, link_numbers("v = 400, lo = 401, hi = 402"), "link_Gbps",
     "v = 400 outside lo = 401 .. hi = 402", "lo <= v <= hi"},
    {"ValueAboveHigh", kLink, link_numbers("v = 400, lo = 1, hi = 399"), "link_Gbps", "outside",
     "lo <= v <= hi"},
    {"NotANumber", kLink, link_numbers("v = nan, lo = 1, hi = 1"), "link_Gbps", "v = nan", "from"},
    {"Infinite", kLink, link_numbers("v = 1, lo = 1, hi = inf"), "link_Gbps", "hi = inf", "from"},
    {"Negative", kLink, link_numbers("v = 1, lo = -1, hi = 1"), "link_Gbps", "lo = -1", "from"},
    {"Zero", kLink, link_numbers("v = 0, lo = 0, hi = 0"), "link_Gbps", "v = 0", "from"},
    {"TextForNumber", kLink, link_numbers("v = '1', lo = 1, hi = 1"), "link_Gbps",
     "as a number, not text", "v = "},
    {"AboveOne", "0.25, hi = 1,", "0.25, hi = 1.2,", "hi = 1.2", "hi = 1.2", "from 1e-06 to 1"},
};

const std::vector<FaultCase> kContradictions{
    {"UnknownGpu", "h100-sxm5-80", "h100-sxm5", "gpu = ", "unknown gpu 'h100-sxm5'",
     "did you mean 'h100-sxm5-80'"},
    {"UnknownNic", "cx7-400", "cx9-400", "nic = ", "unknown nic 'cx9-400'", "mean 'cx7-400'"},
    {"UnknownSwitch", "quantum2-qm9700", "quantum2", "switch = ", "unknown switch", "quantum2-"},
    {"UnknownCable", "\"dac\"", "\"tin\"", "cable = ", "unknown link 'tin'", "dac, fiber"},
    {"PoolsDoNotAddUp", exactly("nodes", "2"), exactly("nodes", "3"), "gpus_total",
     "the pools hold 24 GPUs, gpus_total is 16 .. 16", "nodes and gpus"},
    {"NicsWithoutNic", "nic = \"cx7-400\"\n", "", "[pool.node]", "8 NICs, and no nic", "neither"},
    {"NicWithoutNics", "nics = 8\n", "", "[pool.node]", "0 NICs, and a nic", "neither"},
    {"FabricWithoutNics", "nic = \"cx7-400\"\nnics = 8\n", "", "[pool.node]",
     "nodes without NICs", "nic and nics"},
    {"DomainDoesNotFit", "domain_gpus = 8", "domain_gpus = 12", "domain_gpus",
     "12 GPUs does not fit nodes of 8", "multiple"},
    {"DomainOfNothing", "\"nvswitch\"", "\"none\"", "domain_gpus", "nothing joins",
     "domain_gpus = 1"},
    {"PortsBeyondRadix", "radix = 16", "radix = 11", "down = 8", "8 ports down and 4 up, radix 11",
     "down + up <= radix"},
    {"NoUplinks", "up = 4", "up = 0", "up = 0", "no ports to the tier above", "up = 1"},
    {"PortsAgainstOversub", exactly("oversub", "2"), exactly("oversub", "1"), "oversub",
     "the ports give 2", "down / up"},
    {"TiersDoNotGrow", exactly("group_gpus", "8"), exactly("group_gpus", "16"),
     exactly("group_gpus", "16") + "\n" + exactly("oversub", "1"),
     "not more than the 16 of the tier below", "bottom to top"},
    {"TopMissesGpus", exactly("group_gpus", "16"), exactly("group_gpus", "12"),
     exactly("group_gpus", "12"), "the top tier reaches 12 of 16 GPUs", "further tier"},
    {"TwoTiersOfOneName", "\"spine\"", "\"leaf\"", "\"leaf\"\nswitch = \"quantum2-qm9700\"\n"
     "radix = 16\ndown = 16", "a second fabric.tier is named 'leaf'", "another name"},
};

const std::vector<FaultCase> kNotationFaults{
    {"SameKeyTwice", "rails = 1", "rails = 1\nrails = 1", "rails = 1\nrouting", "not TOML",
     "toml.io"},
    {"NotToml", "rails = 1", "rails 1", "rails 1", "not TOML", "toml.io"},
    {"NotUtf8", "two boxes", "two \xFF\xFE", "title", "not TOML", "UTF-8"},
    {"NoHeaderName", "[[pool]]", "[[[pool]]]", "[[[pool", "not TOML", "toml.io"},
    {"ManyBrackets", "rails = 1", "rails = " + kDeep, "rails = [[", "nest too deep", "not closed"},
    {"ManyDots", "rails = 1", "rails.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q = 1", "rails.a",
     "nest too deep", "not closed"},
};
// clang-format on

class ClusterFault : public ::testing::TestWithParam<FaultCase> {};

TEST_P(ClusterFault, IsToldWithItsLineAndARemedy) {
  const auto& c = GetParam();
  const std::string text = replaced(small_cluster(), c.from, c.to);
  const std::string fault = fault_of(text);
  EXPECT_NE(fault.find(c.what), std::string::npos) << fault;
  EXPECT_NE(fault.find("\n  at: " + place_of(text, c.at)), std::string::npos)
      << fault << "\nexpected " << place_of(text, c.at);
  const auto remedy = fault.find("\n  try: ");
  ASSERT_NE(remedy, std::string::npos) << fault;
  EXPECT_NE(fault.find(c.remedy, remedy), std::string::npos) << fault;
}

std::string name_of(const ::testing::TestParamInfo<FaultCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Key, ClusterFault, ::testing::ValuesIn(kKeyFaults), name_of);
INSTANTIATE_TEST_SUITE_P(Quantity, ClusterFault, ::testing::ValuesIn(kQuantityFaults), name_of);
INSTANTIATE_TEST_SUITE_P(Contradiction,
                         ClusterFault,
                         ::testing::ValuesIn(kContradictions),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Notation, ClusterFault, ::testing::ValuesIn(kNotationFaults), name_of);

TEST(ClusterFaults, TheFileThatTheyAreMadeFromHasNone) { EXPECT_EQ(fault_of(small_cluster()), ""); }

TEST(ClusterFaults, NodesWithoutAFabricMustBeOneDomain) {
  const std::string text = small_cluster();
  const std::string no_fabric = text.substr(0, text.find("[fabric]"));
  EXPECT_NE(fault_of(no_fabric).find("16 GPUs in domains of 8, and no fabric"), std::string::npos);
  EXPECT_EQ(fault_of(replaced(no_fabric, "domain_gpus = 8", "domain_gpus = 16")), "");
}

TEST(ClusterFaults, NamesOfPoolsAreUsedOnce) {
  const std::string text = small_cluster();
  const std::string twice =
      text.substr(0, text.find("[fabric]")) + text.substr(text.find("[[pool]]"));
  const std::string fault =
      fault_of(replaced(twice, exactly("gpus_total", "16"), exactly("gpus_total", "32")));
  EXPECT_NE(fault.find("a second pool is named 'boxes'"), std::string::npos) << fault;
}

TEST(ClusterFaults, SeveralAreToldAtOnce) {
  const std::string path = ::testing::TempDir() + "several.toml";
  std::ofstream(path) << replaced(replaced(small_cluster(), "rails", "rials"), "link_Gbps", "link");
  const auto faults = cluster_faults(path);
  EXPECT_EQ(faults.size(), 4U);  // two keys are unknown, two are missing
  for (const auto& fault : faults) {
    EXPECT_NE(std::string(fault.what()).find(path + ":"), std::string::npos) << fault.what();
  }
}

TEST(ClusterFaults, FirstOneEndsTheLoading) {
  const std::string path = ::testing::TempDir() + "first.toml";
  std::ofstream(path) << replaced(replaced(small_cluster(), "rails", "rials"), "link_Gbps", "link");
  try {
    load_cluster(path);
    FAIL() << "loaded";
  } catch (const Error& fault) {
    EXPECT_STREQ(fault.what(), cluster_faults(path).front().what());
    EXPECT_EQ(fault.exit_code(), ExitCode::kBadInput);
  }
}

TEST(ClusterFaults, UnknownNamesAndFilesAreToldWithWhatExists) {
  const auto fault_of_name = [](const std::string& name) -> std::string {
    try {
      load_cluster(name);
    } catch (const Error& fault) {
      return fault.what();
    }
    return "";
  };
  EXPECT_NE(fault_of_name("colosus-100k").find("mean 'colossus-100k'"), std::string::npos);
  EXPECT_NE(fault_of_name("parts").find("unknown cluster 'parts'"), std::string::npos);
  EXPECT_NE(fault_of_name("./no/such.toml").find("cannot read ./no/such.toml"), std::string::npos);
  EXPECT_NE(fault_of_name("./").find("cannot read"), std::string::npos);
}

TEST(ClusterFaults, AFileLongerThanOneMebibyteIsRefused) {
  const std::string fault = fault_of(std::string(kLargestTomlFile + 1, '\n'));
  EXPECT_NE(fault.find("longer than"), std::string::npos) << fault;
  const std::string path = ::testing::TempDir() + "long.toml";
  std::ofstream(path) << std::string(kLargestTomlFile + 1, '\n');
  EXPECT_THROW(load_cluster(path), Error);
}

}  // namespace
}  // namespace fabricast
