#include "core/device/memory_monitor.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <mutex>
#include <string_view>

#include "core/device/nvml.h"

namespace maquette {
namespace {

/// Samples between two attempts to find a card again.
constexpr int kRetryAfter = 20;

class SystemMemoryMonitor : public MemoryMonitor {
 public:
  explicit SystemMemoryMonitor(const std::string& library)
      : nvml_(library), visible_(visibleCard()) {
    find();
  }

  MemorySample sample() override {
    MemorySample now;
    now.host = hostMemory();
    const std::lock_guard lock(mutex_);
    if (visible_.none) {
      if (nvml_.driver())
        now.deviceTrouble =
            "The graphics cards are hidden from programs (CUDA_VISIBLE_DEVICES). Unset it to use "
            "one.";
      return now;
    }
    if (!found_ && nvml_.driver() && ++missed_ % kRetryAfter == 0 && nvml_.restart()) find();
    if (const auto card = found_ ? nvml_.reading() : std::nullopt) {
      now.deviceName = card->name;
      now.device = card->memory;
      now.utilisation = card->utilisation;
      now.celsius = card->celsius;
      if (!card->memory) now.deviceTrouble = "The driver does not say how full the card is.";
    } else {
      found_ = false;
      if (nvml_.driver()) now.deviceTrouble = nvml_.trouble();
    }
    return now;
  }

  void follow(const std::string& deviceUuid) override {
    const std::lock_guard lock(mutex_);
    if (!nvml_.choose(deviceUuid)) return;  // the driver names it otherwise: stay with the first
    visible_ = {false, 0, deviceUuid};
    found_ = true;
  }

 private:
  void find() {
    missed_ = 0;
    found_ = !visible_.none &&
             (visible_.uuid.empty() ? nvml_.choose(visible_.index) : nvml_.choose(visible_.uuid));
  }

  std::mutex mutex_;  // guards the rest
  Nvml nvml_;
  VisibleCard visible_;
  bool found_ = false;
  int missed_ = 0;
};

}  // namespace

VisibleCard visibleCard() {
  VisibleCard card;
  const char* set = std::getenv("CUDA_VISIBLE_DEVICES");
  if (!set) return card;
  std::string_view first(set);
  first = first.substr(0, first.find(','));
  while (!first.empty() && first.front() == ' ') first.remove_prefix(1);
  while (!first.empty() && first.back() == ' ') first.remove_suffix(1);
  if (first.starts_with("GPU-") || first.starts_with("MIG-")) {
    card.uuid = first;
    return card;
  }
  // CUDA stops at the first entry that it does not know, so "-1" and "none" hide every card.
  int index = -1;
  const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), index);
  card.none = error != std::errc() || end != first.data() + first.size() || index < 0;
  if (!card.none) card.index = static_cast<unsigned>(index);
  return card;
}

MemoryFigures hostMemory() {
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

std::int64_t residentBytes() {
  std::ifstream pages("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  return pages >> size >> resident ? resident * sysconf(_SC_PAGESIZE) : 0;
}

std::unique_ptr<MemoryMonitor> systemMemoryMonitor(const std::string& nvmlLibrary) {
  return std::make_unique<SystemMemoryMonitor>(nvmlLibrary);
}

}  // namespace maquette
