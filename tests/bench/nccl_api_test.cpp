// What the GPU side says and decides without a GPU, a driver or NCCL.
#include "bench/backends/nccl_api.hpp"

#include "bench/backends/device_choice.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/backends/nccl_collectives.hpp"
#include "core/error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace fabricast {
namespace {

TEST(NcclApi, VersionsAreReadInBothNumberings) {
  EXPECT_EQ(nccl_version_text(22809), "2.28.9");
  EXPECT_EQ(nccl_version_text(21005), "2.10.5");
  EXPECT_EQ(nccl_version_text(2708), "2.7.8");
  EXPECT_EQ(nccl_version_text(NCCL_VERSION(2, 13, 4)), "2.13.4");
}

TEST(NcclApi, ALibraryThatIsNotThereIsOneLineWithTheRemedy) {
  const NcclLibrary library = load_nccl("/nonexistent/libnccl.so.2");
  EXPECT_EQ(library.version, 0);
  EXPECT_NE(library.why_missing.find("/nonexistent/libnccl.so.2"), std::string::npos);
  EXPECT_NE(library.why_missing.find("FABRICAST_NCCL_LIBRARY"), std::string::npos);
  EXPECT_NE(library.why_missing.find("LD_LIBRARY_PATH"), std::string::npos);
  EXPECT_EQ(library.why_missing.find('\n'), std::string::npos);
}

TEST(NcclApi, ALibraryThatIsNotNcclNamesWhatItLacks) {
  const NcclLibrary library = load_nccl("libc.so.6");
  EXPECT_NE(library.why_missing.find("libc.so.6 has no nccl"), std::string::npos)
      << library.why_missing;
}

TEST(NcclApi, AnInstalledLibraryHasEveryRequiredCall) {
  const NcclLibrary library = load_nccl("libnccl.so.2");
  if (library.version == 0) {
    GTEST_SKIP() << library.why_missing;
  }
  EXPECT_EQ(library.why_missing, "");
  EXPECT_NE(library.api.ncclRecv, nullptr);
  EXPECT_EQ(library.api.ncclAlltoAll != nullptr, library.version >= NCCL_VERSION(2, 28, 3));
}

TEST(CudaApi, WithoutAFileTheCallsAreThoseOfTheProgram) {
  const CudaLibrary library = load_cuda("");
  EXPECT_EQ(library.why_missing, "");
  EXPECT_EQ(library.api.cudaFree, &::cudaFree);
  EXPECT_EQ(library.api.launch_fill, &launch_fill);
}

TEST(CudaApi, AFileThatDoesNotStandInForCudaIsOneLineWithTheRemedy) {
  for (const std::string file : {"/nonexistent/libcudart.so", "libc.so.6"}) {
    const CudaLibrary library = load_cuda(file);
    EXPECT_NE(library.why_missing.find(file), std::string::npos) << library.why_missing;
    EXPECT_NE(library.why_missing.find("unset"), std::string::npos) << library.why_missing;
    EXPECT_NE(library.why_missing.find("FABRICAST_CUDA_LIBRARY"), std::string::npos);
    EXPECT_EQ(library.why_missing.find('\n'), std::string::npos);
  }
}

TEST(NcclApi, ErrorsCarryTheNameOfTheCall) {
  EXPECT_EQ(called_function("cuda().cudaMalloc(&memory, bytes(2))"), "cudaMalloc");
  EXPECT_EQ(called_function("cudaMalloc(&memory, bytes(2))"), "cudaMalloc");
  EXPECT_EQ(called_function("api.ncclGroupEnd()"), "ncclGroupEnd");
  EXPECT_EQ(called_function("the collective on the GPU"), "the collective on the GPU");
}

TEST(NcclTables, EveryElementTypeHasItsOwnNcclType) {
  for (const auto& row : kDataTypes) {
    EXPECT_EQ(nccl_type(row.id).id, row.id) << row.name;
    for (const auto& other : kDataTypes) {
      EXPECT_EQ(nccl_type(row.id).type == nccl_type(other.id).type, row.id == other.id);
    }
  }
  const auto built_in = [](ReduceOp op) { return op != ReduceOp::kPreMulSum; };
  for (const auto& op : kReduceOps) {
    for (const auto& other : kReduceOps) {
      if (!built_in(op.id) || !built_in(other.id)) {
        continue;  // a communicator makes it
      }
      EXPECT_EQ(nccl_op(op.id) == nccl_op(other.id), op.id == other.id) << op.name;
    }
  }
}

TEST(NcclTables, EveryCollectiveOfTheBackendHasOneRow) {
  for (const auto& row : nccl_collectives()) {
    EXPECT_EQ(find_nccl(row.collective), &row) << name(row.collective);
  }
}

TEST(DeviceChoice, OneProcessTakesAllGpus) {
  EXPECT_EQ(choose_devices({.visible = 8}).size(), 8U);
  EXPECT_EQ(choose_devices({.visible = 8, .gpus_per_process = 2}), (std::vector<int>{0, 1}));
}

TEST(DeviceChoice, ProcessesOfAHostShareItsGpusWithoutOverlap) {
  std::vector<int> taken;
  for (int index = 0; index < 4; ++index) {
    for (const int device : choose_devices({.visible = 8, .sharers = 4, .index = index})) {
      taken.push_back(device);
    }
  }
  EXPECT_EQ(taken, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(DeviceChoice, MoreThanThereAreIsAnErrorWithTheNumbers) {
  try {
    choose_devices({.visible = 4, .sharers = 8, .index = 0});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what())
                  .find("8 GPUs wanted on this host (8 processes with 1 each), and there are 4"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(choose_devices({.visible = 4, .gpus_per_process = 5}), Error);
  EXPECT_THROW(choose_devices({.visible = 4, .sharers = 2, .index = 1, .gpus_per_process = 3}),
               Error);
}

TEST(Gpus, InspectionAlwaysAnswersInOneLine) {
  const GpuInventory found = inspect_gpus();
  EXPECT_EQ(found.usable(), found.why_none.empty()) << found.why_none;
  EXPECT_EQ(found.why_none.find('\n'), std::string::npos) << found.why_none;
  EXPECT_FALSE(found.runtime.empty());
  EXPECT_EQ(found.count, static_cast<int>(found.names.size()));
}

TEST(Gpus, WithoutAUsableGpuTheBackendIsRefusedWithTheSameLine) {
  const GpuInventory found = inspect_gpus();
  if (found.usable()) {
    GTEST_SKIP() << "there is a GPU";
  }
  const auto control = make_solo_control();
  try {
    make_nccl_backend(*control, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(found.why_none), std::string::npos) << error.what();
  }
}

TEST(Gpus, TheDriversVersionIsReadFromTheKernelModulesText) {
  EXPECT_EQ(
      kernel_module_version("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  "
                            "Release Build  (dvs-builder@U22)  Sun Jul 27 06:54:38 UTC 2025\n"
                            "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n"),
      "580.65.06");
  EXPECT_EQ(
      kernel_module_version(
          "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC"),
      "535.104.05");
  EXPECT_EQ(kernel_module_version(""), "");
}

}  // namespace
}  // namespace fabricast
