// The driver's library of clocks and temperatures, without a driver.
//
// FAKE_NVML_CLOCK      MHz of the SMs (1980)
// FAKE_NVML_REASONS    bits of why they are no faster (0)
#include "tests/fakes/injection.hpp"

// NOLINTBEGIN(readability-identifier-naming): the names are NVML's

extern "C" {

int nvmlInit_v2() { return 0; }

int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) {
  constexpr int kNotFound = 6;
  static int any = 0;
  *device = &any;
  return uuid[0] == 'G' ? 0 : kNotFound;
}

int nvmlDeviceGetClockInfo(void* /*device*/, int /*type*/, unsigned* megahertz) {
  *megahertz = static_cast<unsigned>(fakes::number("FAKE_NVML_CLOCK", 1980));
  return 0;
}

int nvmlDeviceGetMaxClockInfo(void* /*device*/, int /*type*/, unsigned* megahertz) {
  *megahertz = 1980;
  return 0;
}

int nvmlDeviceGetPowerUsage(void* /*device*/, unsigned* milliwatts) {
  *milliwatts = 512'000;
  return 0;
}

int nvmlDeviceGetEnforcedPowerLimit(void* /*device*/, unsigned* milliwatts) {
  *milliwatts = 700'000;
  return 0;
}

int nvmlDeviceGetTemperature(void* /*device*/, int /*sensor*/, unsigned* celsius) {
  *celsius = 61;
  return 0;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void* /*device*/, unsigned long long* bits) {
  *bits = static_cast<unsigned long long>(fakes::number("FAKE_NVML_REASONS", 0));
  return 0;
}

}  // extern "C"

// NOLINTEND(readability-identifier-naming)
