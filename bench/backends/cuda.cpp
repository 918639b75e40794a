#include "bench/backends/cuda.hpp"

#include "bench/backends/gpu.hpp"
#include "bench/backends/nccl_api.hpp"
#include "bench/backends/nccl_observer.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace fabricast {

namespace {

struct Remedy {
  cudaError_t status;
  std::string_view text;
};

constexpr std::array kRemedies{
    Remedy{cudaErrorMemoryAllocation,
           "a smaller largest message, or free the GPU: nvidia-smi shows who uses it"        },
    Remedy{cudaErrorNoDevice,
           "check that nvidia-smi lists a GPU and that CUDA_VISIBLE_DEVICES does not hide it"},
    Remedy{cudaErrorNoKernelImageForDevice,
           "build for this GPU: cmake --preset cuda -DCMAKE_CUDA_ARCHITECTURES=native"       },
    Remedy{cudaErrorUnsupportedPtxVersion,
           "build for this GPU: cmake --preset cuda -DCMAKE_CUDA_ARCHITECTURES=native"       },
    Remedy{cudaErrorSystemNotReady,
           "start the fabric manager: systemctl start nvidia-fabricmanager"                  },
    Remedy{cudaErrorSystemDriverMismatch,
           "reboot, or reload the driver: its parts differ in version"                       },
    Remedy{cudaErrorDevicesUnavailable,
           "the GPUs are in exclusive use (nvidia-smi shows by whom), or gone (see dmesg)"   },
};

std::string_view remedy_for(cudaError_t status) {
  for (const auto& row : kRemedies) {
    if (row.status == status) {
      return row.text;
    }
  }
  return "see nvidia-smi and the kernel log (dmesg)";
}

// Why the runtime sees no GPU, in one line. `driver` is the CUDA version that the driver serves, 0
// without a driver: CUDA's own text says "too old" then as well.
std::string why_no_gpu(cudaError_t status, int driver, int runtime) {
  if (driver == 0) {
    return "no NVIDIA driver: install it, or run on a machine with a GPU (containers: --gpus all)";
  }
  if (status == cudaErrorInsufficientDriver) {
    return fmt::format(
        "the NVIDIA driver serves CUDA {}, this program was built with CUDA {}: update the driver, "
        "or "
        "build with CUDA {} or older",
        cuda_version_text(driver),
        cuda_version_text(runtime),
        cuda_version_text(driver));
  }
  if (status == cudaSuccess) {
    status = cudaErrorNoDevice;
  }
  return fmt::format("the NVIDIA driver shows no GPU ({}): {}",
                     cuda().cudaGetErrorString(status),
                     remedy_for(status));
}

}  // namespace

std::string_view called_function(std::string_view call) {
  constexpr std::string_view kTable = "cuda().";
  if (call.starts_with(kTable)) {
    call.remove_prefix(kTable.size());
  }
  const std::string_view function = call.substr(0, call.find('('));
  const auto qualifier = function.find_last_of(".:>");
  return qualifier == std::string_view::npos ? function : function.substr(qualifier + 1);
}

void throw_cuda(cudaError_t status, std::string_view call, const char* file, int line) {
  const CudaApi& api = cuda();
  static_cast<void>(api.cudaGetLastError());
  throw Error(fmt::format("{} failed: {} (CUDA error {})",
                          called_function(call),
                          api.cudaGetErrorString(status),
                          static_cast<int>(status)),
              fmt::format("{}:{}", std::filesystem::path(file).filename().string(), line),
              std::string(remedy_for(status)),
              ExitCode::kCutShort);
}

Stream make_stream() {
  cudaStream_t stream = nullptr;
  CHECK_CUDA(cuda().cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return Stream(stream);
}

Event make_event() {
  cudaEvent_t event = nullptr;
  CHECK_CUDA(cuda().cudaEventCreateWithFlags(&event, cudaEventDefault));
  return Event(event);
}

DeviceMemory allocate_device_memory(std::size_t bytes) {
  void* memory = nullptr;
  CHECK_CUDA(cuda().cudaMalloc(&memory, bytes));
  return DeviceMemory(memory, {[](void* m) { static_cast<void>(cuda().cudaFree(m)); }});
}

std::string cuda_version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

std::string kernel_module_version(std::string_view text) {
  // "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build ..."
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    const bool number = word.find_first_not_of("0123456789.") == std::string::npos;
    if (number && word.find('.') != std::string::npos) {
      return word;
    }
  }
  return "";
}

std::string driver_text() {
  int version = 0;
  if (cuda().cudaDriverGetVersion(&version) != cudaSuccess || version == 0) {
    return "";
  }
  std::ifstream file("/proc/driver/nvidia/version");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string module = kernel_module_version(text);
  const std::string cuda = "CUDA " + cuda_version_text(version);
  return module.empty() ? cuda : fmt::format("{} ({})", module, cuda);
}

GpuInventory inspect_gpus() {
  GpuInventory found;
  if (const std::string& why = cuda_library().why_missing; !why.empty()) {
    found.why_none = why;
    return found;
  }
  const CudaApi& api = cuda();
  int driver = 0;
  int runtime = 0;
  static_cast<void>(api.cudaDriverGetVersion(&driver));
  static_cast<void>(api.cudaRuntimeGetVersion(&runtime));
  found.driver = driver_text();
  found.runtime = cuda_version_text(runtime);

  int count = 0;  // left as it is when the call fails
  const cudaError_t status =
      driver == 0 ? cudaErrorInsufficientDriver : api.cudaGetDeviceCount(&count);
  for (int device = 0; status == cudaSuccess && device < count; ++device) {
    cudaDeviceProp properties{};
    static_cast<void>(api.cudaGetDeviceProperties(&properties, device));
    found.names.emplace_back(properties.name);
  }
  found.count = static_cast<int>(found.names.size());
  static_cast<void>(api.cudaGetLastError());  // later calls must not report what was handled here

  const NcclLibrary& library = nccl_library();
  found.nccl = library.why_missing.empty() ? nccl_version_text(library.version) : "";
  found.nccl_lacks = found.nccl.empty() ? "" : what_lacks(library);
  found.nccl_untold = found.nccl.empty() ? "" : nccl_observer().why_blind();
  found.why_none = found.count == 0 ? why_no_gpu(status, driver, runtime) : library.why_missing;
  return found;
}

}  // namespace fabricast
