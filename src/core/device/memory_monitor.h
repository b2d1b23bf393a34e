#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace maquette {

/// Memory in bytes at one moment.
struct MemoryFigures {
  std::int64_t total = 0;
  std::int64_t free = 0;  ///< free, or reclaimable without swapping
  std::int64_t ours = 0;  ///< held by this process
  std::int64_t others() const { return total - free - ours; }
};

/// One reading of the gauge.
struct MemorySample {
  MemoryFigures host;
  std::optional<MemoryFigures> device;  ///< absent without an NVIDIA driver
  std::string deviceName;               ///< empty without one
};

/// Where the gauge's figures come from; an interface so that it can be scripted.
class MemoryMonitor {
 public:
  virtual ~MemoryMonitor() = default;
  /// Any thread; takes microseconds, never creates a CUDA context.
  virtual MemorySample sample() = 0;
};

/// Bytes of this process in memory; 0 where the system does not say.
std::int64_t residentBytes();

/// The machine's own figures: /proc for the host, NVML (opened at run time) for the first GPU.
std::unique_ptr<MemoryMonitor> systemMemoryMonitor();

}  // namespace maquette
