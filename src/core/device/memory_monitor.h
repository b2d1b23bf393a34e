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

/// One reading of the machine. What the driver does not say is absent.
struct MemorySample {
  MemoryFigures host;
  std::optional<MemoryFigures> device;  ///< absent without an NVIDIA card to compute on
  std::string deviceName;               ///< empty without one
  std::optional<int> utilisation = {};  ///< of the card, percent
  std::optional<int> celsius = {};      ///< of the card
  std::string deviceTrouble = {};       ///< why there is no device, and what to do, for people
};

/// Where the gauge's figures come from; an interface so that it can be scripted.
class MemoryMonitor {
 public:
  virtual ~MemoryMonitor() = default;
  /// Any thread; takes microseconds, half a second at most where a driver hangs (the first time up
  /// to five). Never creates a CUDA context.
  virtual MemorySample sample() = 0;
  /// From now on `device` is the card with this UUID, because that is where networks compute: NVML
  /// and CUDA do not count cards in the same order. Any thread.
  virtual void follow(const std::string& deviceUuid) { (void)deviceUuid; }
};

/// The machine's main memory, and what this process holds of it.
MemoryFigures hostMemory();

/// Bytes of this process in memory; 0 where the system does not say.
std::int64_t residentBytes();

/// What CUDA_VISIBLE_DEVICES leaves of the cards: the first that a network would use.
struct VisibleCard {
  bool none = false;   ///< every card is hidden
  unsigned index = 0;  ///< in the driver's order, where there is no uuid
  std::string uuid;    ///< or the beginning of one
};
VisibleCard visibleCard();

/// The machine's own figures: /proc for the host, NVML (opened at run time) for the first GPU that
/// CUDA may use. A card that is lost is looked for again every ten seconds (20 samples); a driver
/// that does not answer is waited for by nobody (see CardWatch).
///
/// @param nvmlLibrary  NVML's file; empty: what MAQUETTE_NVML says, or else the driver's
std::unique_ptr<MemoryMonitor> systemMemoryMonitor(const std::string& nvmlLibrary = {});

}  // namespace maquette
