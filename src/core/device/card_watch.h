#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/device/memory_monitor.h"
#include "core/device/nvml.h"

namespace maquette {

/// What the driver says of the card that programs see first.
struct CardReading {
  bool driver = false;  ///< NVML is on this machine
  std::optional<NvmlCard> card;
  std::string trouble;  ///< why there is none, and what to do, for people
};

/// Asks the driver on a thread of its own: one that hangs keeps neither a window nor its closing
/// waiting for longer than a moment. A card that is lost is looked for again every 20 readings.
///
/// Any thread.
class CardWatch {
 public:
  /// @param library  NVML's file, see Nvml
  CardWatch(std::string library, VisibleCard visible);
  ~CardWatch();
  CardWatch(const CardWatch&) = delete;
  CardWatch& operator=(const CardWatch&) = delete;

  CardReading now();
  void follow(const std::string& uuid);  ///< this card, from the next reading on

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with a thread that may outlive this
};

}  // namespace maquette
