// `fabricast measure --backend nccl` on GPUs that do not exist: the real program over tests/fakes/.
#include "core/chosen.hpp"
#include "core/collective.hpp"
#include "core/datatype.hpp"
#include "core/record.hpp"
#include "tests/e2e/command.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fabricast {
namespace {

class FakeGpus : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(FABRICAST_FAKE_NCCL).empty()) {
      GTEST_SKIP() << "this build has no CUDA, so neither the NCCL backend nor its fakes";
    }
  }

  // The environment of a command that shall see the fakes.
  [[nodiscard]] static std::string with(const std::string& settings,
                                        const std::string& nccl = FABRICAST_FAKE_NCCL) {
    return "env FABRICAST_CUDA_LIBRARY=" FABRICAST_FAKE_CUDA " FABRICAST_NCCL_LIBRARY=" + nccl +
           " " + settings + " ";
  }

  // Three calls per case, no warm-up: collectives 1 to 3 are the first case's.
  [[nodiscard]] std::string measure(const std::string& options,
                                    int timeout_s = 3,
                                    const std::string& backend = "nccl") const {
    return "@ measure --backend " + backend +
           " -w 0 -n 3 --min-samples 3 --precision 1 --timeout " + std::to_string(timeout_s) + " " +
           options + " -o " + file() + " ";
  }

  [[nodiscard]] std::string file() const { return folder_.path("rows.jsonl"); }

  // A copy of the fake in which the loader does not find these symbols: their names are spoilt.
  [[nodiscard]] std::string nccl_without(const std::vector<std::string>& symbols) const {
    std::ifstream in(FABRICAST_FAKE_NCCL, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    for (const std::string& symbol : symbols) {
      const std::string name = '\0' + symbol + '\0';
      for (auto at = bytes.find(name); at != std::string::npos; at = bytes.find(name, at + 1)) {
        bytes[at + 1] = '-';
      }
    }
    folder_.write("libnccl.so", bytes);
    return folder_.path("libnccl.so");
  }

  [[nodiscard]] std::set<Collective> collectives() const {
    std::set<Collective> found;
    for (const Record& r : rows()) {
      found.insert(r.collective);
    }
    return found;
  }

  [[nodiscard]] std::vector<Record> rows() const {
    return std::filesystem::exists(file()) ? read_jsonl(file()).records : std::vector<Record>{};
  }

  Folder folder_;
};

class FakeGpusOfABox : public FakeGpus, public testing::WithParamInterface<int> {};

TEST_P(FakeGpusOfABox, EveryCollectiveOfEveryTypeHasNoWrongElement) {
  const Said said = run(with("FAKE_CUDA_DEVICES=" + std::to_string(GetParam())) +
                        measure("--count 0,1,1001 -d all"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  for (const Record& r : rows()) {
    EXPECT_EQ(r.ranks, GetParam());
    EXPECT_EQ(r.wrong_elements, 0U) << name(r.collective);
    EXPECT_EQ(r.rank_median_us.size(), static_cast<std::size_t>(GetParam()));
  }
  EXPECT_EQ(rows().size(), kCollectives.size() * kDataTypes.size() * 3);
  EXPECT_EQ(collectives().size(), kCollectives.size());
}

INSTANTIATE_TEST_SUITE_P(Gpus,
                         FakeGpusOfABox,
                         testing::Values(1, 2, 4, 8),
                         testing::PrintToStringParamName());

TEST_F(FakeGpus, EveryOperatorOfEveryTypeHasNoWrongElement) {
  const Said said = run(with("FAKE_CUDA_DEVICES=4") +
                        measure("--count 1001 -d all --op all --collective all_reduce"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  for (const Record& r : rows()) {
    EXPECT_EQ(r.wrong_elements, 0U) << name(r.type) << ' ' << name(r.op);
  }
  EXPECT_EQ(rows().size(), kDataTypes.size() * kReduceOps.size());
}

TEST_F(FakeGpus, InPlaceIsRightToo) {
  const Said said = run(with("FAKE_CUDA_DEVICES=4") +
                        measure("--in-place both -d all --op sum,mulsum --count 0,1,1001"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  std::set<Collective> in_place;
  for (const Record& r : rows()) {
    EXPECT_EQ(r.wrong_elements, 0U) << name(r.collective) << ' ' << name(r.type);
    if (r.in_place) {
      in_place.insert(r.collective);
    }
  }
  EXPECT_EQ(in_place.size(), 7U);  // all but all_to_all and send_recv
}

TEST_F(FakeGpus, EachIterationHasTheTimeOfBothClocks) {
  ASSERT_EQ(run(with("FAKE_CUDA_DEVICES=2") + measure("--collective reduce --count 8")).exit_code,
            0);
  const Record r = rows().at(0);
  EXPECT_EQ(r.device_samples_us.size(), r.samples_us.size());
  EXPECT_GT(r.setup_us.at("init"), 0);
  EXPECT_GT(r.setup_us.at("first_call"), 0);
}

// What a user asks of NCCL, and how a record says it.
struct Setting {
  const char* name;
  const char* options;
  std::map<std::string, std::string> recorded;
};

class FakeGpusSet : public FakeGpus, public testing::WithParamInterface<Setting> {};

TEST_P(FakeGpusSet, HaveNoWrongElementAndSayWhatWasSet) {
  const Said said =
      run(with("FAKE_CUDA_DEVICES=4") +
          measure(std::string(GetParam().options) + " --count 1,1001 -d float32 --in-place both"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(collectives().size(), kCollectives.size());
  for (const Record& r : rows()) {
    EXPECT_EQ(r.wrong_elements, 0U) << name(r.collective);
    EXPECT_EQ(r.settings, GetParam().recorded);
  }
}

// A check that cannot fail is none: the same with one wrong bit.
TEST_P(FakeGpusSet, AFlippedBitIsFound) {
  const Said said = run(with("FAKE_CUDA_DEVICES=4 FAKE_NCCL_WRONG=0") +
                        measure(std::string(GetParam().options) + " --count 1001"));
  EXPECT_EQ(said.exit_code, 1) << said.err;
}

INSTANTIATE_TEST_SUITE_P(
    By,
    FakeGpusSet,
    testing::Values(
        Setting{
            "Graph", "--graph", {{"graph", "on"}}
},
        Setting{"NonBlocking", "--non-blocking", {{"communicator", "non_blocking"}}},
        Setting{"OneGroup", "--issue group", {{"issue", "group"}}},
        Setting{"NcclMemory", "--buffers nccl", {{"buffers", "nccl"}}},
        Setting{"Registration", "--buffers registered", {{"buffers", "registered"}}},
        Setting{"Windows", "--buffers window", {{"buffers", "window"}}},
        Setting{"SymmetricGraph",
                "--buffers symmetric --graph",
                {{"buffers", "symmetric"}, {"graph", "on"}}},
        Setting{"CopyEngines",
                "--buffers symmetric --cta-policy zero",
                {{"buffers", "symmetric"}, {"cta_policy", "zero"}}},
        Setting{"SplitInRuns", "--split /2", {{"split", "/2"}}},
        Setting{"SplitByStride",
                "--split %2 --non-blocking",
                {{"communicator", "non_blocking"}, {"split", "%2"}}}),
    [](const auto& info) { return info.param.name; });

TEST_F(FakeGpus, SplitCommunicatorsAreAsLargeAsTheirRanks) {
  ASSERT_EQ(
      run(with("FAKE_CUDA_DEVICES=8") + measure("--split %2 --collective all_gather --count 10"))
          .exit_code,
      0);
  const Record r = rows().at(0);
  EXPECT_EQ(r.ranks, 4);
  EXPECT_EQ(r.ranks_per_node, 4);
  EXPECT_EQ(r.bytes, 4U * 10U * 4U);
  EXPECT_EQ(r.rank_median_us.size(), 8U);
  EXPECT_GT(r.setup_us.at("split"), 0);
}

TEST_F(FakeGpus, OldLibrariesRefuseNewSettingsWithTheVersionToInstall) {
  const std::string old = nccl_without({"ncclCommWindowRegister", "ncclCommWindowDeregister"});
  for (const auto& [option, version] :
       {std::pair("--buffers symmetric", "2.27.3"), std::pair("--cta-policy zero", "2.28.3")}) {
    const Said said = run(with("FAKE_NCCL_VERSION=22602", old) + measure(option));
    EXPECT_EQ(said.exit_code, 2) << option;
    EXPECT_NE(said.err.find(version), std::string::npos) << said.err;
  }
}

TEST_F(FakeGpus, SettingsOfNcclAreRefusedElsewhere) {
  const Said said = run(with("") + measure("--graph --count 1", 30, "onchip"));
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("setting of NCCL"), std::string::npos) << said.err;
}

TEST_F(FakeGpus, SmallFloatsAreNotAddedOnOldGpus) {
  const Said said = run(with("FAKE_CUDA_CAPABILITY=80") +
                        measure("-d float8_e4m3 --collective all_reduce,all_gather --count 8"));
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.err.find("compute capability 9.0"), std::string::npos) << said.err;
  EXPECT_EQ(collectives(), std::set<Collective>{Collective::kAllGather});
  const Said none = run(with("FAKE_CUDA_CAPABILITY=80") +
                        measure("-d float8_e4m3 --collective all_reduce --count 8"));
  EXPECT_EQ(none.exit_code, 2) << none.err;
}

TEST_F(FakeGpus, NewLibrariesShareAGpuAmongRanksOfAProcess) {
  const Said said =
      run(with("FAKE_NCCL_VERSION=23003") + measure("--ranks-per-gpu 4 --count 1001"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const Record r = rows().at(0);
  EXPECT_EQ(r.ranks, 4);
  EXPECT_EQ(r.origin.machine, "1 x Fake GPU");
  EXPECT_TRUE(r.oversubscribed);
  EXPECT_EQ(r.settings.at("ranks_per_gpu"), "4");
  EXPECT_TRUE(std::any_of(r.warnings.begin(), r.warnings.end(), [](const std::string& line) {
    return line.rfind("virtual ranks: plumbing, not bandwidth", 0) == 0;
  }));
  EXPECT_EQ(collectives().size(), kCollectives.size());
}

TEST_F(FakeGpus, OldLibrariesShareAGpuAmongProcesses) {
  const std::string before = "mpirun --oversubscribe -np 3 ";
  const Said said =
      run(before + with("FAKE_NCCL_VERSION=22602") + measure("--ranks-per-gpu 3 --count 1001", 30));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(rows().at(0).ranks, 3);
  const Said alone =
      run(with("FAKE_NCCL_VERSION=22602") + measure("--ranks-per-gpu 3 --count 1001"));
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_NE(alone.err.find("mpirun -np 3"), std::string::npos) << alone.err;
}

TEST_F(FakeGpus, SlowedClocksAreToldWithTheReason) {
  const std::string nvml = std::string("FABRICAST_NVML_LIBRARY=") + FABRICAST_FAKE_NVML;
  const Said said = run(with(nvml + " FAKE_NVML_CLOCK=1200 FAKE_NVML_REASONS=68") +
                        measure("--collective all_reduce --count 8"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const GpuState s = rows().at(0).gpu_state;
  EXPECT_EQ(s.sm_clock_MHz, 1200);
  EXPECT_EQ(s.power_W, 512);
  EXPECT_EQ(s.slowed_by, (std::vector<std::string>{"sw_power_cap", "hw_thermal_slowdown"}));
  EXPECT_NE(said.out.find("held down: sw_power_cap, hw_thermal_slowdown"), std::string::npos)
      << said.out;
}

class FakeGpusInTraining : public FakeGpus {
 protected:
  [[nodiscard]] Said train(const std::string& settings, const std::string& options) const {
    return run(with(settings + " FABRICAST_CUBLASLT_LIBRARY=" FABRICAST_FAKE_CUBLASLT) +
               "@ measure --backend nccl -w 0 -n 2 --min-samples 2 --timeout 60 --pattern " +
               options + " -o " + file());
  }
  [[nodiscard]] std::vector<TrainingRecord> training() const {
    return std::filesystem::exists(file()) ? read_jsonl(file()).training
                                           : std::vector<TrainingRecord>{};
  }
};

TEST_F(FakeGpusInTraining, EveryPatternIsRightAndTellsWhatItExposes) {
  for (const char* const options : {"ddp,fsdp,tp,ep,pp", "3d --workload llama3-8b"}) {
    const Said said =
        train("FAKE_CUDA_DEVICES=4", std::string(options) + " --scale 1/30000 --microbatches 4");
    ASSERT_EQ(said.exit_code, 0) << said.err;
  }
  EXPECT_EQ(training().size(), 6U);
  for (const TrainingRecord& r : training()) {
    EXPECT_EQ(r.wrong_elements, 0U) << r.pattern;
    EXPECT_EQ(r.backend, "nccl");
    EXPECT_EQ(r.ranks, 4);
    EXPECT_GE(r.total_us.size(), 1U) << r.pattern;
    EXPECT_GT(r.compute_beside_us.at(0), 0) << r.pattern;
    EXPECT_GT(r.communication_beside_us.at(0), 0) << r.pattern;
  }
}

TEST_F(FakeGpusInTraining, AFlippedBitEndsWithCode1) {
  for (const char* const pattern : {"ddp", "ep", "pp"}) {
    const Said said = train("FAKE_CUDA_DEVICES=2",
                            std::string(pattern) + " --scale 1/3000000 --plant-bit-flip 12345");
    EXPECT_EQ(said.exit_code, 1) << pattern << said.err;
  }
}

TEST_F(FakeGpusInTraining, AnErrorInTheBackgroundEndsTheStep) {
  const Said said = train("FAKE_CUDA_DEVICES=2 FAKE_NCCL_ASYNC=1@2", "ddp --scale 1/3000000");
  EXPECT_EQ(said.exit_code, 3) << said.err;
}

TEST_F(FakeGpusInTraining, SettingsOfOneCollectiveAreRefused) {
  const Said said = train("FAKE_CUDA_DEVICES=2", "ddp --scale 1/3000000 --graph");
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("leave --graph"), std::string::npos) << said.err;
}

TEST_F(FakeGpus, VirtualRanksOfOneGpuHaveNoWrongElement) {
  const Said said =
      run(with("") +
          measure("--ranks 4 -a all --count 0,1,1001 -d float32,bfloat16,int8", 30, "onchip"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  std::set<std::string> algorithms;
  for (const Record& r : rows()) {
    algorithms.insert(r.algorithm);
    EXPECT_EQ(r.wrong_elements, 0U) << name(r.collective) << ' ' << r.algorithm;
    EXPECT_TRUE(r.oversubscribed);
  }
  EXPECT_TRUE(algorithms.count("ring_ll128") == 1 && algorithms.count("one_shot_fence") == 1);
}

TEST_F(FakeGpus, TheRecordSaysThatTheyAreNotReal) {
  ASSERT_EQ(run(with("FAKE_CUDA_DEVICES=2") + measure("--collective reduce --count 8")).exit_code,
            0);
  const Record r = rows().at(0);
  EXPECT_EQ(r.origin.machine, "2 x Fake GPU");
  EXPECT_TRUE(std::any_of(r.warnings.begin(), r.warnings.end(), [](const std::string& line) {
    return line.find(FABRICAST_FAKE_CUDA) != std::string::npos;
  }));
}

TEST_F(FakeGpus, OneFlippedBitOfAnyCollectiveEndsWithCode1) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_WRONG=0@2") + measure("--count 1001"));
  EXPECT_EQ(said.exit_code, 1) << said.err;
  EXPECT_NE(said.err.find("1 wrong elements were found"), std::string::npos) << said.err;
  EXPECT_EQ(rows().at(0).wrong_elements, 1U);

  const Said every = run(with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_WRONG=0") + measure("--count 1001"));
  EXPECT_EQ(every.exit_code, 1) << every.err;
  const std::vector<Record> all = rows();
  for (std::size_t i = all.size() / 2; i < all.size(); ++i) {  // the second run's
    EXPECT_EQ(all[i].wrong_elements, 3U) << name(all[i].collective);
  }
}

struct Failure {
  const char* title;
  const char* settings;
  int exit_code;
  std::size_t rows;                // finished before
  std::vector<const char*> words;  // of the message
};

void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.title; }

class FakeGpusThatFail : public FakeGpus, public testing::WithParamInterface<Failure> {};

// all_reduce of four sizes on two GPUs.
TEST_P(FakeGpusThatFail, EndInTimeWithAClearMessage) {
  const Said said =
      run("timeout -s KILL 60 " + with(std::string("FAKE_CUDA_DEVICES=2 ") + GetParam().settings) +
          measure("--collective all_reduce --count 1,2,3,4"));
  EXPECT_EQ(said.exit_code, GetParam().exit_code) << said.err;
  EXPECT_EQ(rows().size(), GetParam().rows) << said.err;
  for (const char* words : GetParam().words) {
    EXPECT_NE(said.err.find(words), std::string::npos) << words << "\n" << said.err;
  }
}

INSTANTIATE_TEST_SUITE_P(
    With,
    FakeGpusThatFail,
    testing::Values(
        Failure{
            "NoDriver", "FAKE_CUDA_DRIVER=0", 2, 0, {"no NVIDIA driver", "install it"}
},
        Failure{"ADriverThatIsTooOld",
                "FAKE_CUDA_DRIVER=11080 FAKE_FAULTS=cudaGetDeviceCount@1+=35",
                2,
                0,
                {"serves CUDA 11.8", "update the driver"}},
        Failure{"NoGpu", "FAKE_CUDA_DEVICES=0", 2, 0, {"shows no GPU", "CUDA_VISIBLE_DEVICES"}},
        Failure{"GpusInExclusiveUse",
                "FAKE_FAULTS=cudaStreamCreateWithFlags@1+=46",
                3,
                0,
                {"cudaStreamCreateWithFlags failed", "exclusive use"}},
        Failure{"TheFirstBufferFailing",
                "FAKE_FAULTS=cudaMalloc@1=2",
                3,
                0,
                {"rank ", "cudaMalloc failed", "a smaller largest message"}},
        Failure{"ABufferOfTheThirdCaseFailing",
                "FAKE_FAULTS=cudaMalloc@14=2",
                3,
                2,
                {"cudaMalloc failed", "a smaller largest message"}},
        Failure{"TheGpuVanishing",
                "FAKE_FAULTS=launch_fill@7!=46",
                3,
                1,
                {"rank ", "CUDA error 46", "dmesg"}},
        Failure{"AnIllegalAddress",
                "FAKE_FAULTS=cudaStreamQuery@1+=700",
                3,
                0,
                {"rank ", "the collective on the GPU failed", "kernel log"}},
        Failure{"NoUniqueId",
                "FAKE_FAULTS=ncclGetUniqueId@1=2",
                3,
                0,
                {"ncclGetUniqueId failed", "NCCL_DEBUG=WARN"}},
        Failure{"OneRankNotConnecting",
                "FAKE_FAULTS=ncclCommInitRank@2=2",
                3,
                0,
                {"ncclCommInitRank failed", "NCCL_DEBUG=WARN"}},
        Failure{"TheFirstCollectiveFailing",
                "FAKE_FAULTS=ncclAllReduce@1=3",
                3,
                0,
                {"all_reduce failed", "told to fail in ncclAllReduce", "NCCL_DEBUG=WARN"}},
        Failure{"ALaterCollectiveFailing",
                "FAKE_FAULTS=ncclAllReduce@8=5",
                3,
                1,
                {"all_reduce failed", "one rank per GPU"}},
        Failure{"AnErrorInTheBackground",
                "FAKE_NCCL_ASYNC=1@5",
                3,
                1,
                {"NCCL in the background failed", "see the messages of the other processes"}},
        Failure{"AHungCollective",
                "FAKE_NCCL_HANG=1@8",
                3,
                2,
                {"no end of all_reduce/nccl/library/float32/12 after 3 s", "--timeout"}},
        Failure{"ACallThatNeverReturns",
                "FAKE_NCCL_STUCK=0@2",
                3,
                0,
                {"no end of all_reduce", "dead or stopped rank"}},
        Failure{"ARankThatNeverConnects",
                "FAKE_NCCL_HANG_INIT=1",
                3,
                0,
                {"no end of NCCL's start after 3 s", "--timeout"}}),
    [](const auto& row) { return std::string(row.param.title); });

TEST_F(FakeGpus, ARankStuckInACallIsFreedWhenAnotherFails) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_STUCK=0@5 FAKE_NCCL_ASYNC=1@5") +
                        measure("--collective all_reduce --count 1,2,3", 30));
  EXPECT_EQ(said.exit_code, 3) << said.err;
  EXPECT_EQ(rows().size(), 1U);
  EXPECT_NE(said.err.find("rank 1 (GPU 1 of"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("NCCL in the background failed"), std::string::npos) << said.err;
}

struct Since {
  const char* symbol;
  int version;  // as ncclGetVersion counts
};
constexpr std::array kSince{
    Since{"ncclMemAlloc",             21901},
    Since{"ncclMemFree",              21901},
    Since{"ncclCommRegister",         21901},
    Since{"ncclCommDeregister",       21901},
    Since{"ncclGroupSimulateEnd",     22203},
    Since{"ncclCommWindowRegister",   22703},
    Since{"ncclCommWindowDeregister", 22703},
    Since{"ncclAlltoAll",             22803},
    Since{"ncclGather",               22803},
    Since{"ncclScatter",              22803},
};

class FakeNcclOf : public FakeGpus, public testing::WithParamInterface<int> {
 protected:
  [[nodiscard]] std::string library() const {
    std::vector<std::string> absent;
    for (const Since& row : kSince) {
      if (row.version > GetParam()) {
        absent.emplace_back(row.symbol);
      }
    }
    return nccl_without(absent);
  }

  // The newest interfaces that a version of NCCL looks for, and this program has.
  [[nodiscard]] static std::string source_of(int version) {
    const char* tuner = version >= 22803 ? "tuner v5" : version >= 22403 ? "tuner v4" : "tuner v3";
    const char* profiler = version >= 22902   ? "profiler v6, "
                           : version >= 22803 ? "profiler v5, "
                           : version >= 22703 ? "profiler v4, "
                           : version >= 22602 ? "profiler v3, "
                           : version >= 22403 ? "profiler v2, "
                           : version >= 22304 ? "profiler v1, "
                                              : "";
    return std::string(profiler) + tuner;
  }
};

TEST_P(FakeNcclOf, EachVersionRunsEveryCollectiveWithWhatItHas) {
  const std::string version = std::to_string(GetParam());
  const Said said = run(
      with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_VERSION=" + version + " FAKE_LOG=" + folder_.path("log"),
           library()) +
      measure("--count 1001"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(collectives().size(), kCollectives.size());
  for (const Record& r : rows()) {
    EXPECT_EQ(r.wrong_elements, 0U) << name(r.collective);
  }
  const std::string log = folder_.read("log");
  for (const char* native : {"ncclAlltoAll\n", "ncclGather\n", "ncclScatter\n"}) {
    EXPECT_EQ(log.find(native) != std::string::npos, GetParam() >= 22803) << native;
  }
}

// Which plugins each version speaks to, and what it tells them.
TEST_P(FakeNcclOf, EachVersionTellsWhatItChoseIfItCan) {
  const int version = GetParam();
  const Said said =
      run(with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_VERSION=" + std::to_string(version), library()) +
          measure("--collective all_reduce,all_to_all --bytes 8,4M,0"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  for (const Record& r : rows()) {
    const bool choice = r.collective == Collective::kAllReduce && r.bytes > 0 && version >= 22203;
    ASSERT_EQ(r.chosen.has_value(), choice) << r.bytes;
    EXPECT_EQ(r.algorithm, "library");
    if (!choice) {
      continue;
    }
    const bool small = r.bytes == 8;
    EXPECT_EQ(text(r.chosen->cell), small ? "tree/ll" : "ring/ll128");
    EXPECT_EQ(r.chosen->channels, version < 22304 ? 0 : small ? 2 : 16);
    EXPECT_EQ(r.chosen->warps, version < 22304 ? 0 : 16);
    EXPECT_EQ(r.chosen->source, source_of(version));
    EXPECT_EQ(r.chosen->cost_table_us.size(), 7U);
    EXPECT_EQ(r.chosen->estimate_us, r.chosen->cost_table_us.at(text(r.chosen->cell)));
  }
}

TEST_P(FakeNcclOf, SymmetricKernelsAndCopyEnginesAreRecognisedOrUnknown) {
  const int version = GetParam();
  const auto chosen = [&](const std::string& setting) {
    std::filesystem::remove(file());
    const Said said = run(with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_VERSION=" + std::to_string(version) +
                                   " FAKE_NCCL_" + setting + "=1",
                               library()) +
                          measure("--collective all_reduce,all_gather,gather --bytes 1024"));
    EXPECT_EQ(said.exit_code, 0) << said.err;
    std::string all;
    for (const Record& r : rows()) {
      all += r.chosen ? r.chosen->cell.algorithm + " " : "? ";
    }
    return all;
  };
  const auto symmetric = [&] {
    return version < 22203   ? "? ? ? "
           : version < 22703 ? "tree ring ? "  // as without windows
           : version < 22803 ? "symmetric symmetric ? "
           : version < 22902 ? "symmetric ? ? "
                             : "symmetric symmetric ? ";
  };
  const auto copies = [&] {
    return version < 22203   ? "? ? ? "
           : version < 22803 ? "tree ring ? "
           : version < 22902 ? "tree ? copy_engine "
                             : "tree copy_engine copy_engine ";
  };
  EXPECT_EQ(chosen("SYMMETRIC"), symmetric());
  EXPECT_EQ(chosen("COPY_ENGINE"), copies());
}

INSTANTIATE_TEST_SUITE_P(
    Versions,
    FakeNcclOf,
    testing::Values(
        21801, 21901, 22003, 22105, 22203, 22304, 22403, 22501, 22602, 22703, 22803, 22902, 23003),
    testing::PrintToStringParamName());

TEST_F(FakeGpus, OnlyTheFirstCallOfACaseIsTold) {
  ASSERT_EQ(
      run(with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_VERSION=22703 FAKE_LOG=" + folder_.path("log")) +
          measure("--collective all_reduce --bytes 8,64"))
          .exit_code,
      0);
  const std::string log = folder_.read("log");
  const auto count = [&log](const std::string& line) {
    int lines = 0;
    for (auto at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) {
      ++lines;
    }
    return lines;
  };
  EXPECT_EQ(count("profiler event"), 2 * 2);       // ranks, cases
  EXPECT_EQ(count("ncclAllReduce\n"), 2 * 2 * 3);  // and samples: no call is added
}

TEST_F(FakeGpus, PluginsOfTheUserAreLeftInPlace) {
  const Said said =
      run(with("FAKE_CUDA_DEVICES=2 NCCL_TUNER_PLUGIN=mine NCCL_PROFILER_PLUGIN=mine FAKE_LOG=" +
               folder_.path("log")) +
          measure("--collective all_reduce --count 8"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_FALSE(rows().at(0).chosen);
  EXPECT_EQ(folder_.read("log").find("opened"), std::string::npos);
  const Said doctor = run(with("NCCL_TUNER_PLUGIN=mine NCCL_PROFILER_PLUGIN=mine") + "@ doctor");
  EXPECT_NE(doctor.out.find("NCCL_PROFILER_PLUGIN=mine is set"), std::string::npos) << doctor.out;
}

TEST_F(FakeGpus, SettingsThatSteerNcclAreInTheRecordAndNoOthers) {
  ASSERT_EQ(run(with("FAKE_CUDA_DEVICES=2 NCCL_ALGO=Ring NCCL_PROTO=simple NCCL_NVLS_ENABLE=0 "
                     "SECRET=1 NCCL_X=1") +
                measure("--collective all_reduce,all_to_all --count 8"))
                .exit_code,
            0);
  const std::map<std::string, std::string> expected{
      {"NCCL_ALGO",        "Ring"  },
      {"NCCL_NVLS_ENABLE", "0"     },
      {"NCCL_PROTO",       "simple"}
  };
  EXPECT_EQ(rows().at(0).origin.environment, expected);
  EXPECT_EQ(rows().at(0).algorithm, "ring");  // asked for, and told to have run
  EXPECT_EQ(rows().at(1).algorithm, "library");
}

class FakeMatrix : public FakeGpus {
 protected:
  // A record per cell, size and collective: "ring/ll", else "library".
  [[nodiscard]] std::multiset<std::string> cells() const {
    std::multiset<std::string> found;
    for (const Record& r : rows()) {
      const auto forced = forced_cell(r.origin.environment);
      found.insert(forced ? text(*forced) : r.algorithm);
      if (forced && r.chosen) {
        EXPECT_EQ(r.chosen->cell, *forced);
        EXPECT_EQ(r.algorithm, forced->algorithm);
      }
    }
    return found;
  }
};

TEST_F(FakeMatrix, RunsEachCellThatNcclHasAndSkipsTheOthersWithTheReason) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2") +
                        measure("--collective all_reduce,all_to_all --count 8 --matrix"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(cells(),
            (std::multiset<std::string>{"library",
                                        "nvls/simple",
                                        "ring/ll",
                                        "ring/ll128",
                                        "ring/simple",
                                        "tree/ll",
                                        "tree/ll128",
                                        "tree/simple"}));
  EXPECT_NE(said.err.find("NCCL 2.28.9 does not run all_reduce by nvls_tree/simple"),
            std::string::npos)
      << said.err;
  EXPECT_NE(said.err.find("skipped: pat/simple: it runs none of these collectives"),
            std::string::npos)
      << said.err;
  EXPECT_NE(said.out.find("tree/ll x2"), std::string::npos) << said.out;  // NCCL's own choice
  EXPECT_NE(said.out.find('*'), std::string::npos) << said.out;
  EXPECT_EQ(said.out.find("all_to_all"), std::string::npos) << said.out;
}

TEST_F(FakeMatrix, AnOlderNcclThatRunsSomethingElseIsFoundOut) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2 FAKE_NCCL_VERSION=22304") +
                        measure("--collective all_reduce --count 8 --matrix nvls_tree,nvls"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.err.find("skipped: nvls_tree/simple: all_reduce: NCCL ran ring/simple in its"),
            std::string::npos)
      << said.err;
  EXPECT_EQ(said.out.find("nvls_tree"), std::string::npos) << said.out;
}

TEST_F(FakeMatrix, EndsAsItsCellsDo) {
  const auto with_cell_failing = [this](const std::string& settings) {
    return run("timeout -s KILL 60 " + with("FAKE_CUDA_DEVICES=2 " + settings) +
               measure("--collective all_reduce --count 8,9 --matrix ring"));
  };
  const Said wrong = with_cell_failing("FAKE_NCCL_WRONG=0@2");
  EXPECT_EQ(wrong.exit_code, 1) << wrong.err;
  EXPECT_EQ(rows().size(), 8U);
  const Said hung = with_cell_failing("FAKE_NCCL_HANG=0@4");
  EXPECT_EQ(hung.exit_code, 3) << hung.err;
  EXPECT_NE(hung.err.find("the matrix ended at library"), std::string::npos) << hung.err;
  EXPECT_EQ(rows().size(), 9U);
  const Said none = with_cell_failing("FAKE_CUDA_DEVICES=0");
  EXPECT_EQ(none.exit_code, 2) << none.err;
}

TEST_F(FakeMatrix, BadUsageIsRefusedBeforeAnythingRuns) {
  struct Bad {
    const char* settings;
    const char* options;
    const char* words;
  };
  for (const Bad& bad : {
           Bad{"NCCL_ALGO=Ring",         "--matrix",           "unset NCCL_ALGO"   },
           Bad{"OMPI_COMM_WORLD_SIZE=2", "--matrix",           "--launch"          },
           Bad{"",                       "--matrix stars",     "algorithm of NCCL" },
           Bad{"",                       "--force ring/fast",  "cell of NCCL's"    },
           Bad{"",                       "--force pat/simple", "runs none of these"},
  }) {
    const Said said =
        run(with(bad.settings) + measure("") + "--collective all_reduce --count 8 " + bad.options);
    EXPECT_EQ(said.exit_code, 2) << said.err;
    EXPECT_NE(said.err.find(bad.words), std::string::npos) << said.err;
    EXPECT_TRUE(rows().empty());
  }
  const Said on_host = run(with("") + measure("--count 8 --force ring/ll", 3, "mpi"));
  EXPECT_NE(on_host.err.find("only NCCL can be forced"), std::string::npos) << on_host.err;
  const Said no_file = run(with("") + "@ measure --backend nccl --matrix");
  EXPECT_EQ(no_file.exit_code, 2);
  EXPECT_NE(no_file.err.find("-o FILE.jsonl"), std::string::npos) << no_file.err;
}

TEST_F(FakeMatrix, OneCellAloneIsForced) {
  ASSERT_EQ(run(with("FAKE_CUDA_DEVICES=2") + measure("--count 8 --force ring/simple")).exit_code,
            0);
  EXPECT_EQ(collectives().size(), 5U);
  EXPECT_EQ(cells().count("ring/simple"), 5U);
}

TEST_F(FakeGpus, ACollectiveThatNcclLacksIsSkippedWithTheReason) {
  const Said said =
      run(with("FAKE_CUDA_DEVICES=2", nccl_without({"ncclSend", "ncclReduceScatter"})) +
          measure("--count 1001"));
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.err.find("skipped: library all_to_all: NCCL 2.28.9 has no ncclSend: install "
                          "2.7.3 or newer"),
            std::string::npos)
      << said.err;
  EXPECT_EQ(collectives(),
            (std::set{Collective::kAllReduce,
                      Collective::kAllGather,
                      Collective::kBroadcast,
                      Collective::kReduce}));
}

TEST_F(FakeGpus, WithoutACallThatEverythingNeedsNothingRuns) {
  const Said said = run(with("", nccl_without({"ncclCommAbort"})) + measure("--count 8"));
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("has no ncclCommAbort: install NCCL 2.4.2 or newer"), std::string::npos)
      << said.err;
}

TEST_F(FakeGpus, LimitsOfThreadBlocksReachNccl) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2 FAKE_LOG=" + folder_.path("log")) +
                        measure("--collective reduce --count 8 --min-ctas 2 --max-ctas 4"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(folder_.read("log").find("minCTAs=2 maxCTAs=4"), std::string::npos);
  EXPECT_EQ(rows().at(0).settings,
            (std::map<std::string, std::string>{
                {"min_ctas", "2"},
                {"max_ctas", "4"}
  }));
}

TEST_F(FakeGpus, LimitsOfThreadBlocksThatCannotBeAreRefused) {
  const Said crossed = run(with("") + measure("--count 8 --min-ctas 8 --max-ctas 4"));
  EXPECT_EQ(crossed.exit_code, 2);
  EXPECT_NE(crossed.err.find("--min-ctas of at most --max-ctas"), std::string::npos);

  const Said lacking =
      run(with("", nccl_without({"ncclCommInitRankConfig"})) + measure("--count 8 --max-ctas 4"));
  EXPECT_EQ(lacking.exit_code, 2);
  EXPECT_NE(lacking.err.find("--max-ctas: NCCL 2.28.9 has no ncclCommInitRankConfig"),
            std::string::npos)
      << lacking.err;
}

TEST_F(FakeGpus, WhatDoesNotFitIntoTheGpusIsSkippedWithTheReason) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2 FAKE_CUDA_MEMORY=1048576") +
                        measure("--collective all_reduce --bytes 64,4M"));
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(rows().size(), 1U);
  EXPECT_NE(said.err.find("skipped: library all_reduce: needs 0.0 GiB of buffers on each GPU"),
            std::string::npos)
      << said.err;
}

class FakeGpusOfProcesses : public FakeGpus {
 protected:
  void SetUp() override {
    FakeGpus::SetUp();
    if (const std::string why = why_no_ranks(); !why.empty()) {
      GTEST_SKIP() << why;
    }
  }

  // Two processes with a GPU each; the second one sees other settings.
  [[nodiscard]] Said run_two(const std::string& settings_of_the_second) const {
    const std::string command = measure("--collective all_reduce --count 1,2,3,4");
    return run("timeout -s KILL 60 " + with("FAKE_CUDA_DEVICES=2") +
               "mpirun --oversubscribe --bind-to none -np 1 " + command + ": -np 1 env " +
               settings_of_the_second + " " + command);
  }
};

TEST_F(FakeGpusOfProcesses, WorkTogetherAsThreadsDo) {
  const Said said = run(with("FAKE_CUDA_DEVICES=4") +
                        "mpirun --oversubscribe --bind-to none -np 2 " + measure("--count 0,1001"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  ASSERT_FALSE(rows().empty());
  for (const Record& r : rows()) {
    EXPECT_EQ(r.ranks, 4);
    EXPECT_EQ(r.wrong_elements, 0U) << name(r.collective);
  }
}

TEST_F(FakeGpusOfProcesses, RunTheCellsOfAMatrixUnderTheirLauncher) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2") +
                        measure("--collective all_reduce --count 8 --matrix nvls,pat,nvls_tree") +
                        "--launch 'mpirun --oversubscribe --bind-to none -np 2'");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  ASSERT_EQ(rows().size(), 2U);
  for (const Record& r : rows()) {
    EXPECT_EQ(r.ranks, 2);
  }
  EXPECT_EQ(text(rows()[1].chosen.value().cell), "nvls/simple");
  EXPECT_NE(said.err.find("skipped: nvls_tree/simple: "), std::string::npos) << said.err;
}

TEST_F(FakeGpusOfProcesses, MoreRanksThanGpusAreRefused) {
  const Said said = run(with("FAKE_CUDA_DEVICES=2") +
                        "mpirun --oversubscribe --bind-to none -np 3 " + measure("--count 8"));
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("3 GPUs wanted on this host (3 processes with 1 each), and there are 2"),
            std::string::npos)
      << said.err;
}

TEST_F(FakeGpusOfProcesses, MixedVersionsOfNcclAreRefused) {
  const Said said = run_two("FAKE_NCCL_VERSION=22703");
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("different versions of NCCL, 2.27.3 to 2.28.9"), std::string::npos)
      << said.err;
}

TEST_F(FakeGpusOfProcesses, AFailureOfOneIsToldWithItsReason) {
  const Said early = run_two("FAKE_FAULTS=cudaStreamCreateWithFlags@1=2");
  EXPECT_EQ(early.exit_code, 3) << early.err;
  EXPECT_NE(early.err.find("rank 1 (GPU 1 of"), std::string::npos) << early.err;
  EXPECT_NE(early.err.find("cudaStreamCreateWithFlags failed"), std::string::npos) << early.err;

  const Said later = run_two("FAKE_FAULTS=ncclAllReduce@5=3");
  EXPECT_EQ(later.exit_code, 3) << later.err;
  EXPECT_NE(later.err.find("told to fail in ncclAllReduce"), std::string::npos) << later.err;
  EXPECT_EQ(rows().size(), 1U);
}

TEST_F(FakeGpusOfProcesses, AHungOneEndsTheJob) {
  const Said said = run_two("FAKE_NCCL_HANG=1@5");
  EXPECT_EQ(said.exit_code, 3) << said.err;
  EXPECT_NE(said.err.find("no end of all_reduce/nccl/library/float32/8 after 3 s"),
            std::string::npos)
      << said.err;
  EXPECT_EQ(rows().size(), 1U);
}

}  // namespace
}  // namespace fabricast
