#include "core/device/memory_monitor.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string_view>
#include <utility>

#include "core/device/card_watch.h"

namespace maquette {
namespace {

class SystemMemoryMonitor : public MemoryMonitor {
 public:
  explicit SystemMemoryMonitor(const std::string& library) : cards_(library, visibleCard()) {}

  MemorySample sample() override {
    MemorySample now;
    now.host = hostMemory();
    CardReading reading = cards_.now();
    now.deviceTrouble = std::move(reading.trouble);
    if (const auto& card = reading.card) {
      now.deviceName = card->name;
      now.device = card->memory;
      now.utilisation = card->utilisation;
      now.celsius = card->celsius;
      if (!card->memory) now.deviceTrouble = "The driver does not say how full the card is.";
    }
    return now;
  }

  void follow(const std::string& deviceUuid) override { cards_.follow(deviceUuid); }

 private:
  CardWatch cards_;
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
