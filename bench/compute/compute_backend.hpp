// What can compute a part of a layer: this host's processor, a GPU. One file each in this folder.
#pragma once

#include "core/layer_work.hpp"
#include "core/units.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fabricast {

/// One call of a part in a type.
struct ComputeCase {
  LayerWork work;
  ComputeType type = ComputeType::kFloat32;
};

/// Starts one call on these buffers (bench/compute/operands.hpp says which), and may return before
/// it is done. `step` counts the calls since the buffers were filled, from 1.
using ComputeCall = std::function<void(const std::vector<void*>& buffers, int step)>;

/// A device with its memory. Everything is in order: a call sees what was filled before it.
class ComputeBackend {
 public:
  virtual ~ComputeBackend() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string machine() const = 0;  // processor or GPU, in words
  [[nodiscard]] virtual std::map<std::string, std::string> versions() const = 0;
  /// What a reader of this backend's numbers must know.
  [[nodiscard]] virtual std::vector<std::string> warnings() const { return {}; }
  /// What is measured unless types are asked for.
  [[nodiscard]] virtual ComputeType usual_type() const = 0;
  /// "" or why this case cannot run here.
  [[nodiscard]] virtual std::string why_not(const ComputeCase& c) = 0;
  [[nodiscard]] virtual std::uint64_t available_memory() const = 0;
  /// Bytes that the device keeps near its arithmetic: a buffer not larger may be read from there.
  [[nodiscard]] virtual std::uint64_t cache_bytes() const = 0;

  /// Aligned to 256 bytes.
  [[nodiscard]] virtual std::shared_ptr<void> allocate(std::uint64_t bytes) = 0;
  /// Elements of RandomValues(type), from element `shift` on.
  virtual void fill_random(void* data,
                           DataType type,
                           std::uint64_t elements,
                           std::uint64_t shift) = 0;
  virtual void fill_bytes(void* data, int value, std::uint64_t bytes) = 0;
  /// To completion, as write.
  virtual void read(void* to, const void* from, std::size_t bytes) = 0;
  virtual void write(void* to, const void* from, std::size_t bytes) = 0;

  /// Needs why_not(c) to be "".
  [[nodiscard]] virtual ComputeCall prepare(const ComputeCase& c) = 0;
  /// Runs `calls` to completion: the time from their first to their end, on the device's clock.
  [[nodiscard]] virtual Seconds timed(const std::function<void()>& calls) = 0;
};

/// One processor of this host, float32.
std::unique_ptr<ComputeBackend> make_host_compute();

/// The first GPU that this process sees: products by cuBLASLt. Throws Error where there is none, or
/// no cuBLASLt.
std::unique_ptr<ComputeBackend> make_cuda_compute();

/// "" or why make_cuda_compute would throw. Leaves the GPU untouched.
std::string why_no_cuda_compute();

}  // namespace fabricast
