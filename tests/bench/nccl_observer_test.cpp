// Every version of the plugin interface, with structs as NCCL would fill them.
#include "bench/backends/nccl_observer.hpp"

#include "bench/backends/nccl_plugin_abi.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <tuple>

namespace fabricast {
namespace {

// NCCL's side: opens a plugin, and tells it of a collective if the mask asks for that.
class Nccl {
 public:
  template <typename Event>
  void open(const abi::Profiler<abi::InitV1, Event>& plugin) {
    EXPECT_EQ(plugin.init(&context_, &mask_), ncclSuccess);
  }
  template <typename Event>
  void open(const abi::Profiler<abi::InitV4, Event>& plugin) {
    EXPECT_EQ(plugin.init(&context_, &mask_, nullptr, 7, 1, 2, 0, nullptr), ncclSuccess);
  }
  template <typename Event>
  void open(const abi::Profiler<abi::InitV5, Event>& plugin) {
    EXPECT_EQ(plugin.init(&context_, 7, &mask_, nullptr, 1, 2, 0, nullptr), ncclSuccess);
  }

  template <typename Plugin, typename Event>
  void tell(const Plugin& plugin, Event event) {
    if ((mask_ & static_cast<int>(event.type)) == 0) {
      return;
    }
    void* handle = nullptr;
    EXPECT_EQ(plugin.start(context_, &handle, &event), ncclSuccess);
    EXPECT_NE(handle, nullptr);  // NCCL leaves out the children of events without one
    EXPECT_EQ(plugin.record(handle, 0, nullptr), ncclSuccess);
    EXPECT_EQ(plugin.stop(handle), ncclSuccess);
  }

  [[nodiscard]] int mask() const { return mask_; }

 private:
  void* context_ = nullptr;
  int mask_ = 0;
};

template <typename Event>
Event launch() {
  Event event{};
  event.type = abi::kCollective;
  event.collective.warps = 17;
  return event;
}

template <typename Plugin, typename Event>
std::optional<Chosen> told(const Plugin& plugin, const Event& event) {
  Nccl nccl;
  nccl.open(plugin);
  const NcclLook look;
  nccl.tell(plugin, event);
  return conclude(NcclLook::account());
}

void expect(const std::optional<Chosen>& chosen, const std::string& words, const char* source) {
  ASSERT_TRUE(chosen);
  EXPECT_EQ(text(*chosen), words);
  EXPECT_EQ(chosen->warps, 17);
  EXPECT_EQ(chosen->source, source);
}

TEST(NcclObserver, Profiler1SpeaksInNumbers) {
  auto event = launch<abi::EventV1>();
  event.collective.algorithm = 1;
  event.collective.protocol = 0;
  event.collective.most_channels = 6;
  expect(told(ncclProfiler_v1, event), "ring/ll x6", "profiler v1");
  event.collective.algorithm = 77;
  EXPECT_FALSE(told(ncclProfiler_v1, event));
}

template <typename Event>
Event named(const char* algorithm, const char* protocol) {
  auto event = launch<Event>();
  event.collective.algorithm = algorithm;
  event.collective.protocol = protocol;
  return event;
}

TEST(NcclObserver, Profilers2And3SpeakInNames) {
  auto second = named<abi::EventV2>("COLLNET_DIRECT", "SIMPLE");
  second.collective.most_channels = 12;
  expect(told(ncclProfiler_v2, second), "collnet_direct/simple x12", "profiler v2");
  auto third = named<abi::EventV3>("PAT", "SIMPLE");
  third.collective.most_channels = 13;
  expect(told(ncclProfiler_v3, third), "pat/simple x13", "profiler v3");
}

TEST(NcclObserver, Profilers4To6TellTheChannelsThatRan) {
  auto fourth = named<abi::EventV4>("TREE", "LL128");
  fourth.collective.channels = 24;
  expect(told(ncclProfiler_v4, fourth), "tree/ll128 x24", "profiler v4");
  auto fifth = named<abi::EventV5>("NVLS", "SIMPLE");
  fifth.collective.channels = 16;
  expect(told(ncclProfiler_v5, fifth), "nvls/simple x16", "profiler v5");
  expect(told(ncclProfiler_v6, fifth), "nvls/simple x16", "profiler v6");
}

TEST(NcclObserver, AWordThatIsNotKnownIsNoChoice) {
  auto event = named<abi::EventV4>("Unknown", "LL");
  event.collective.channels = 2;
  EXPECT_FALSE(told(ncclProfiler_v4, event));
}

TEST(NcclObserver, ALaunchWithoutChannelsIsASymmetricKernel) {
  expect(told(ncclProfiler_v4, named<abi::EventV4>("TREE", "LL")), "symmetric", "profiler v4");
}

NcclAccount call(const char* function, int profiler) {
  NcclAccount account;
  account.profiler = profiler;
  account.call = function;
  return account;
}

TEST(NcclObserver, ACallWithoutALaunchRanOnWindows) {
  const auto algorithm = [](const NcclAccount& account) {
    const auto chosen = conclude(account);
    return chosen ? text(*chosen) : "unknown";
  };
  EXPECT_EQ(algorithm(call("AllReduce", 5)), "symmetric");
  EXPECT_EQ(algorithm(call("AllGather", 5)), "unknown");  // either may be
  EXPECT_EQ(algorithm(call("AllGather", 6)), "symmetric");
  EXPECT_EQ(algorithm(call("AlltoAll", 5)), "copy_engine");
  EXPECT_EQ(algorithm(call("AlltoAll", 6)), "unknown");
  EXPECT_EQ(algorithm(call("Broadcast", 6)), "unknown");
  NcclAccount copies = call("AllGather", 6);
  copies.by_copy_engine = true;
  EXPECT_EQ(algorithm(copies), "copy_engine");
  NcclAccount messages = call("AlltoAll", 5);
  messages.by_messages = true;
  EXPECT_EQ(algorithm(messages), "unknown");
}

TEST(NcclObserver, CallsMessagesAndCopiesAreToldApart) {
  abi::EventV5 event{};
  event.type = abi::kCall;
  event.call.function = "AllReduce";
  const auto chosen = told(ncclProfiler_v5, event);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(text(*chosen), "symmetric");
  event.type = abi::kCopyCollective;
  EXPECT_EQ(text(told(ncclProfiler_v6, event).value()), "copy_engine");
  event.type = abi::kPointToPoint;
  EXPECT_FALSE(told(ncclProfiler_v6, event));
}

TEST(NcclObserver, OutsideALookNcclIsToldToCallNobody) {
  Nccl nccl;
  nccl.open(ncclProfiler_v4);
  EXPECT_EQ(nccl.mask(), 0);
  {
    const NcclLook look;
    EXPECT_NE(nccl.mask() & abi::kCollective, 0);
  }
  EXPECT_EQ(nccl.mask(), 0);
  auto event = named<abi::EventV4>("RING", "LL");
  event.collective.channels = 1;
  void* handle = nullptr;
  ncclProfiler_v4.start(nullptr, &handle, &event);  // one that was under way
  const NcclLook look;
  EXPECT_FALSE(conclude(NcclLook::account()));
}

// Tree and ring with each protocol, NVLS with Simple; ring with LL is the cheapest.
std::array<std::array<float, 3>, 7> costs() {
  std::array<std::array<float, 3>, 7> table{};
  for (auto& row : table) {
    row.fill(-1);
  }
  table[0] = {12, 14, 16};
  table[1] = {9.5F, 11, 20};
  table[4][2] = 18;
  return table;
}

template <typename Tell>
Chosen priced(const Tell& tell) {
  auto table = costs();
  const auto before = table;
  const NcclLook look;
  tell(reinterpret_cast<float**>(table.data()));
  EXPECT_EQ(table, before);  // it changes nothing
  return conclude(NcclLook::account()).value();
}

TEST(NcclObserver, EachTunerReadsTheCostTableAndChangesNothing) {
  int channels = 0;
  const Chosen third = priced([&](float** table) {
    ncclTunerPlugin_v3.choose(nullptr, 4, 1024, 1, table, 7, 3, &channels);
  });
  EXPECT_EQ(text(third), "ring/ll");
  EXPECT_EQ(third.estimate_us, 9.5);
  EXPECT_EQ(third.cost_table_us.size(), 7U);
  EXPECT_EQ(third.cost_table_us.at("nvls/simple"), 18);
  EXPECT_EQ(third.source, "tuner v3");
  EXPECT_EQ(priced([&](float** table) {
              ncclTunerPlugin_v4.choose(nullptr, 4, 1024, 1, table, 7, 3, 0, &channels);
            }).source,
            "tuner v4");
  EXPECT_EQ(priced([&](float** table) {
              ncclTunerPlugin_v5.choose(nullptr, 4, 1024, 1, table, 7, 3, 0, &channels);
            }).source,
            "tuner v5");
  EXPECT_EQ(channels, 0);
}

TEST(NcclObserver, TheEstimateIsThatOfTheCellThatRan) {
  auto table = costs();
  int channels = 0;
  Nccl nccl;
  nccl.open(ncclProfiler_v5);
  const NcclLook look;
  ncclTunerPlugin_v5.choose(
      nullptr, 4, 1024, 1, reinterpret_cast<float**>(table.data()), 7, 3, 0, &channels);
  auto event = named<abi::EventV5>("TREE", "LL128");
  event.collective.channels = 8;
  nccl.tell(ncclProfiler_v5, event);
  const Chosen chosen = conclude(NcclLook::account()).value();
  EXPECT_EQ(text(chosen), "tree/ll128 x8");
  EXPECT_EQ(chosen.estimate_us, 14);
  EXPECT_EQ(chosen.source, "profiler v5, tuner v5");
}

TEST(NcclObserver, ATableOfAnotherShapeIsNotRead) {
  auto table = costs();
  int channels = 0;
  const NcclLook look;
  ncclTunerPlugin_v5.choose(
      nullptr, 4, 1024, 1, reinterpret_cast<float**>(table.data()), 7, 4, 0, &channels);
  EXPECT_FALSE(conclude(NcclLook::account()));
}

class Plugins : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void clear() {
    for (const char* name :
         {"NCCL_PROFILER_PLUGIN", "NCCL_TUNER_PLUGIN", "NCCL_CONF_FILE", "NCCL_CTA_POLICY"}) {
      unsetenv(name);
    }
  }
  static std::string value(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? "" : text;
  }
};

TEST_F(Plugins, AreThoseOfTheProgramWhereNcclLooksThere) {
  EXPECT_EQ(install_nccl_observer(22809).why_blind(), "");
  EXPECT_EQ(value("NCCL_PROFILER_PLUGIN"), "STATIC_PLUGIN");
  EXPECT_EQ(value("NCCL_TUNER_PLUGIN"), "STATIC_PLUGIN");
  EXPECT_EQ(install_nccl_observer(22809).why_no_tuner, "");  // as a child of such a run
}

TEST_F(Plugins, AreLeftOutWhereNcclIsTooOld) {
  const NcclObserver old = install_nccl_observer(22105);
  EXPECT_NE(old.why_blind().find("2.23.4 or newer"), std::string::npos) << old.why_blind();
  EXPECT_EQ(value("NCCL_PROFILER_PLUGIN") + value("NCCL_TUNER_PLUGIN"), "");
  EXPECT_EQ(install_nccl_observer(22203).why_no_tuner, "");
  EXPECT_EQ(value("NCCL_PROFILER_PLUGIN"), "");
}

TEST_F(Plugins, NeverDisplaceThoseOfTheUser) {
  setenv("NCCL_TUNER_PLUGIN", "mine", 1);
  const NcclObserver observer = install_nccl_observer(22809);
  EXPECT_NE(observer.why_no_tuner.find("NCCL_TUNER_PLUGIN=mine"), std::string::npos);
  EXPECT_EQ(value("NCCL_TUNER_PLUGIN"), "mine");
  EXPECT_EQ(value("NCCL_PROFILER_PLUGIN"), "STATIC_PLUGIN");
}

TEST_F(Plugins, NeverDisplaceThoseOfAConfigurationFile) {
  const auto file = std::filesystem::temp_directory_path() / "fabricast_nccl_observer_test.conf";
  std::ofstream(file) << "# site\nNCCL_TUNER_PLUGIN=site\n";
  setenv("NCCL_CONF_FILE", file.c_str(), 1);
  EXPECT_NE(install_nccl_observer(22809).why_no_tuner.find("configuration"), std::string::npos);
  EXPECT_EQ(value("NCCL_TUNER_PLUGIN"), "");
  EXPECT_EQ(value("NCCL_PROFILER_PLUGIN"), "STATIC_PLUGIN");
  std::filesystem::remove(file);
}

TEST_F(Plugins, LeaveAPolicyOfNcclItsFreedom) {
  setenv("NCCL_CTA_POLICY", "EFFICIENCY", 1);
  EXPECT_NE(install_nccl_observer(22809).why_no_tuner, "");
  EXPECT_EQ(value("NCCL_TUNER_PLUGIN"), "");
}

}  // namespace
}  // namespace fabricast
