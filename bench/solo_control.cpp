#include "bench/control.hpp"

#include <cstdlib>

namespace fabricast {

namespace {

class SoloControl final : public Control {
 public:
  [[nodiscard]] int process() const override { return 0; }
  [[nodiscard]] int processes() const override { return 1; }
  [[nodiscard]] int local_process() const override { return 0; }
  [[nodiscard]] int local_processes() const override { return 1; }
  void barrier() override {}
  void max_each(std::span<double> /*values*/) override {}
  std::uint64_t sum(std::uint64_t value) override { return value; }
  void broadcast(void* /*data*/, std::size_t /*bytes*/) override {}
  std::vector<double> gather(const std::vector<double>& local) override { return local; }
  [[noreturn]] void abort(int exit_code) override { std::_Exit(exit_code); }
};

}  // namespace

std::unique_ptr<Control> make_solo_control() { return std::make_unique<SoloControl>(); }

}  // namespace fabricast
