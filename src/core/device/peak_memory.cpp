#include "core/device/peak_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "core/device/memory_monitor.h"

namespace maquette {
namespace {

/// The high-water mark begins anew (Linux: proc(5), clear_refs).
bool resetPeak() {
  std::ofstream out("/proc/self/clear_refs");
  out << "5" << std::flush;
  return bool(out);
}

std::int64_t peak() {
  std::ifstream status("/proc/self/status");
  std::string key;
  while (status >> key) {
    std::int64_t kilobytes = 0;
    if (key == "VmHWM:") return status >> kilobytes ? kilobytes * 1024 : 0;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

}  // namespace

PeakResident::PeakResident() : before_(residentBytes()), reset_(resetPeak()) {}

std::int64_t PeakResident::growth() const {
  return reset_ ? std::max<std::int64_t>(0, peak() - before_) : 0;
}

}  // namespace maquette
