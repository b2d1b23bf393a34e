#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/device/memory_monitor.h"

namespace maquette {

/// One graphics card in the driver's words; what the driver does not say is absent.
struct NvmlCard {
  std::string name, uuid;
  int computeMajor = 0, computeMinor = 0;  ///< 8 and 9 for 8.9; 0 unknown
  std::optional<MemoryFigures> memory;
  std::optional<int> utilisation;  ///< percent of the last moments with work on the card
  std::optional<int> celsius;
};

/// The driver and its cards.
struct NvmlFacts {
  bool driver = false;  ///< NVML is on this machine
  std::string trouble;  ///< why no card is seen and what to do; empty where one is
  std::string version;  ///< of the driver, "580.65.06"
  int cuda = 0;         ///< the newest that the driver runs, 13000 for 13.0; 0 unknown
  std::vector<NvmlCard> cards;
};

/// NVIDIA's management library, opened at run time, asked for the few things that Maquette shows.
/// It never creates a CUDA context. One thread at a time.
class Nvml {
 public:
  /// @param library  the file to open; empty: what MAQUETTE_NVML says, or else the driver's
  explicit Nvml(const std::string& library = {});
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  /// Why nothing can be asked, for people; empty when it can. Changes when a card is lost.
  const std::string& trouble() const { return trouble_; }
  bool driver() const { return library_ != nullptr; }

  /// Starts again after trouble; @return whether there is none now
  bool restart();

  /// Chooses which card reading() is about: by number, or by (the beginning of) its UUID, with or
  /// without "GPU-" or "MIG-". @return whether there is such a card
  bool choose(unsigned index);
  bool choose(const std::string& uuid);

  /// The chosen card as it is now; nothing when it is lost or none is chosen.
  std::optional<NvmlCard> reading();

  /// Everything, for the self-test.
  NvmlFacts facts();

 private:
  struct Entries;
  void start();
  void take(int code, const char* what);
  NvmlCard read(void* card);
  std::optional<MemoryFigures> memoryOf(void* card);
  std::int64_t oursOn(void* card) const;

  void* library_ = nullptr;
  std::unique_ptr<Entries> entries_;
  void* card_ = nullptr;
  bool started_ = false;
  std::string trouble_;
};

}  // namespace maquette
