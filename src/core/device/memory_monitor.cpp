#include "core/device/memory_monitor.h"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <limits>

namespace maquette {
namespace {

MemoryFigures hostFigures() {
  MemoryFigures figures;
  std::ifstream info("/proc/meminfo");
  std::string key;
  std::int64_t kilobytes = 0;
  while (info >> key >> kilobytes) {
    if (key == "MemTotal:") figures.total = kilobytes * 1024;
    if (key == "MemAvailable:") figures.free = kilobytes * 1024;
    info.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  figures.ours = residentBytes();
  return figures;
}

/// The few NVML entries that the gauge needs (NVML API reference, "Device Queries").
class Nvml {
 public:
  Nvml() {
    library_ = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library_) return;
    const auto initialise = entry<int()>("nvmlInit_v2");
    const auto handle = entry<int(unsigned, void**)>("nvmlDeviceGetHandleByIndex_v2");
    const auto name = entry<int(void*, char*, unsigned)>("nvmlDeviceGetName");
    memory_ = entry<int(void*, Memory*)>("nvmlDeviceGetMemoryInfo");
    processes_ = entry<int(void*, unsigned*, Process*)>("nvmlDeviceGetComputeRunningProcesses_v3");
    if (!initialise || !handle || !memory_ || initialise() != 0) return;
    if (handle(0, &device_) != 0) device_ = nullptr;
    std::array<char, 96> text{};
    if (device_ && name && name(device_, text.data(), text.size() - 1) == 0) name_ = text.data();
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml() {
    if (!library_) return;
    if (const auto shutdown = entry<int()>("nvmlShutdown")) shutdown();
    dlclose(library_);
  }

  const std::string& name() const { return name_; }

  std::optional<MemoryFigures> figures() const {
    Memory memory{};
    if (!device_ || memory_(device_, &memory) != 0) return std::nullopt;
    MemoryFigures figures;
    figures.total = static_cast<std::int64_t>(memory.total);
    figures.free = static_cast<std::int64_t>(memory.free);
    figures.ours = ours();
    return figures;
  }

 private:
  struct Memory {
    unsigned long long total, free, used;
  };
  struct Process {
    unsigned pid;
    unsigned long long usedGpuMemory;
    unsigned gpuInstanceId, computeInstanceId;
  };

  template <class Signature>
  Signature* entry(const char* symbol) const {
    return reinterpret_cast<Signature*>(dlsym(library_, symbol));
  }

  std::int64_t ours() const {
    std::array<Process, 64> running{};
    auto count = static_cast<unsigned>(running.size());
    if (!processes_ || processes_(device_, &count, running.data()) != 0) return 0;
    const auto self = static_cast<unsigned>(getpid());
    for (unsigned i = 0; i < count; ++i)
      if (running[i].pid == self && running[i].usedGpuMemory != ~0ull)  // all ones: not available
        return static_cast<std::int64_t>(running[i].usedGpuMemory);
    return 0;
  }

  void* library_ = nullptr;
  void* device_ = nullptr;
  int (*memory_)(void*, Memory*) = nullptr;
  int (*processes_)(void*, unsigned*, Process*) = nullptr;
  std::string name_;
};

class SystemMemoryMonitor : public MemoryMonitor {
 public:
  MemorySample sample() override {
    MemorySample now;
    now.host = hostFigures();
    now.device = nvml_.figures();
    now.deviceName = nvml_.name();
    return now;
  }

 private:
  Nvml nvml_;
};

}  // namespace

std::int64_t residentBytes() {
  std::ifstream pages("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  return pages >> size >> resident ? resident * sysconf(_SC_PAGESIZE) : 0;
}

std::unique_ptr<MemoryMonitor> systemMemoryMonitor() {
  return std::make_unique<SystemMemoryMonitor>();
}

}  // namespace maquette
