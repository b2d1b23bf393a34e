#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/device/memory_monitor.h"
#include "core/models/model_manager.h"
#include "core/models/neural_plugin.h"

namespace maquette {

/// Everything that the gauge knows at one moment.
struct MemoryReading {
  std::chrono::steady_clock::time_point time;
  MemorySample machine;
  std::optional<NeuralMemory> device;   ///< the device's caching allocator, once a network used it
  std::optional<NeuralMemory> counted;  ///< the plug-in's own bytes in main memory
  ModelManager::State model;
  std::int64_t limit = 0;  ///< what Maquette may hold of the memory shown, bytes; 0: nobody said
};

/// Reads the machine and, where it is open, the plug-in. It opens nothing and creates no context.
///
/// @param neural  may be null
MemoryReading readMemory(MemoryMonitor& monitor, NeuralPlugin* neural, const ModelManager& models);

/// How full the memory is.
enum class MemoryLevel : std::uint8_t { calm, amber, red };
inline constexpr double kAmberShare = 0.85, kRedShare = 0.95;

/// What one point of the gauge shows, bytes: others, then ours, of which a share is in tensors.
struct MemoryPoint {
  std::chrono::steady_clock::time_point time;
  bool device = false;  ///< of the graphics card, or else of the machine
  std::int64_t total = 0;
  std::int64_t free = 0;
  std::int64_t ours = 0;       ///< held by this process, cached blocks and CUDA itself included
  std::int64_t allocated = 0;  ///< of those, in use; all of ours where nobody counts
  std::int64_t others() const { return total - free - ours; }
  double used() const { return total > 0 ? 1. - double(free) / double(total) : 0.; }
};

/// Two minutes of readings: what the gauge and its panel draw, the peak of the job, and when to
/// warn. A value; knows no clock but the readings'.
class MemoryTrack {
 public:
  static constexpr std::chrono::seconds kLength{120};

  /// Readings come in the order of time. A change between graphics card and main memory begins the
  /// history anew: their bytes are not to be compared.
  void add(MemoryReading reading);

  /// The peak begins again from what is held now.
  void startJob(std::string name);

  bool empty() const { return points_.empty(); }
  const MemoryReading& latest() const { return latest_; }
  const MemoryPoint& now() const { return points_.back(); }  ///< not when empty()
  const std::deque<MemoryPoint>& history() const { return points_; }

  std::int64_t peak() const { return peak_; }      ///< of ours, since the job began, bytes
  const std::string& job() const { return job_; }  ///< whose peak it is; empty before the first

  /// Ours may grow to this, bytes: the limit, or all but a reserve for the desktop.
  std::int64_t limit() const;

  MemoryLevel level() const;
  /// The level, once when it was reached from below; it can be said again after the memory has been
  /// five points emptier than that level.
  std::optional<MemoryLevel> takeWarning();

 private:
  void followPeak(const MemoryReading& reading);

  MemoryReading latest_;
  std::deque<MemoryPoint> points_;
  std::string job_;
  std::int64_t peak_ = 0;
  std::int64_t heardPeak_ = 0;  ///< the allocator's, last time; it may be of an earlier job
  MemoryLevel warned_ = MemoryLevel::calm;
  std::optional<MemoryLevel> warning_;
};

}  // namespace maquette
