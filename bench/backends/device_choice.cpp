#include "bench/backends/device_choice.hpp"

#include "bench/backends/cuda.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/backends/together.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

namespace fabricast {

namespace {

// The GPUs that this process sees, in words that no other GPU anywhere shares.
std::string visible_ids(int count) {
  std::string ids;
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    CHECK_CUDA(cuda().cudaGetDeviceProperties(&properties, device));
    ids.append(properties.uuid.bytes, sizeof properties.uuid.bytes);
  }
  return ids;
}

// A launcher either shows all GPUs to every process of a host or gives each process its own:
// process 0 compares what the processes of one host see.
bool processes_see_own_gpus(Control& control, const std::string& ids) {
  const auto number = [](const std::string& text) {
    return static_cast<double>(std::hash<std::string>{}(text) >> 12);  // exact in a double
  };
  const std::vector<double> all = control.gather({number(host_name()), number(ids)});
  std::map<double, double> seen_on;
  char own = 0;
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    const auto first_of_host = seen_on.emplace(all[i], all[i + 1]).first;
    if (first_of_host->second != all[i + 1]) {
      own = 1;
    }
  }
  control.broadcast(&own, sizeof own);
  return own != 0;
}

}  // namespace

std::vector<int> choose_devices(const DeviceChoice& choice) {
  const int places = choice.visible * choice.ranks_per_gpu;
  const int per_process = choice.gpus_per_process > 0
                              ? choice.gpus_per_process * choice.ranks_per_gpu
                              : places / choice.sharers;
  if (per_process == 0 || per_process * choice.sharers > places) {
    throw Error(
        fmt::format("{} {} wanted on this host ({} {} with {} each), and there are {}",
                    choice.sharers * std::max(per_process, 1),
                    choice.ranks_per_gpu > 1 ? "places on GPUs" : "GPUs",
                    choice.sharers,
                    choice.sharers == 1 ? "process" : "processes",
                    std::max(per_process, 1),
                    places),
        "host " + host_name(),
        fmt::format("at most {} processes per host with one GPU each, one process for all, or "
                    "--ranks-per-gpu for ranks that share one",
                    choice.visible));
  }
  std::vector<int> devices(static_cast<std::size_t>(per_process));
  for (int i = 0; i < per_process; ++i) {
    devices[static_cast<std::size_t>(i)] = (choice.index * per_process + i) / choice.ranks_per_gpu;
  }
  return devices;
}

std::vector<int> find_devices(Control& control, int gpus_per_process, int ranks_per_gpu) {
  const GpuInventory inventory = inspect_gpus();
  std::string ids;
  together(control, [&] {
    if (!inventory.usable()) {
      throw Error(inventory.why_none, "host " + host_name(), "");
    }
    ids = visible_ids(inventory.count);
  });
  const bool own = processes_see_own_gpus(control, ids);
  std::vector<int> devices;
  together(control, [&] {
    devices = choose_devices({.visible = inventory.count,
                              .sharers = own ? 1 : control.local_processes(),
                              .index = own ? 0 : control.local_process(),
                              .gpus_per_process = gpus_per_process,
                              .ranks_per_gpu = ranks_per_gpu});
  });
  const double most = control.max(static_cast<double>(devices.size()));
  const double fewest = control.min(static_cast<double>(devices.size()));
  if (most != fewest) {
    throw Error(fmt::format("processes would hold between {} and {} GPUs", fewest, most),
                "",
                "a number of GPUs per process that every host has");
  }
  return devices;
}

}  // namespace fabricast
