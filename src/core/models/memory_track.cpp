#include "core/models/memory_track.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/log.h"

namespace maquette {
namespace {

constexpr double kRearm = 0.05;

MemoryPoint pointOf(const MemoryReading& reading) {
  MemoryPoint point;
  point.time = reading.time;
  point.device = reading.machine.device.has_value();
  const MemoryFigures& figures = point.device ? *reading.machine.device : reading.machine.host;
  point.total = std::max<std::int64_t>(0, figures.total);
  point.free = std::clamp<std::int64_t>(figures.free, 0, point.total);
  // In a container the driver does not know this process, but its allocator does. Figures of two
  // sources are of two moments, so they are made to fit.
  point.ours = figures.ours;
  if (point.device && reading.device) point.ours = std::max(point.ours, reading.device->reserved);
  point.ours = std::clamp<std::int64_t>(point.ours, 0, point.total - point.free);
  point.allocated = point.ours;
  if (point.device)
    point.allocated = reading.device ? std::min(reading.device->allocated, point.ours) : 0;
  return point;
}

MemoryLevel levelOf(double used) {
  return used >= kRedShare     ? MemoryLevel::red
         : used >= kAmberShare ? MemoryLevel::amber
                               : MemoryLevel::calm;
}

/// The allocator's highest water, where one counts what the gauge shows.
std::int64_t allocatorPeak(const MemoryReading& reading) {
  if (!reading.machine.device) return 0;  // there ours is the whole process
  return reading.device ? reading.device->reservedPeak : 0;
}

}  // namespace

MemoryReading readMemory(MemoryMonitor& monitor, NeuralPlugin* neural, const ModelManager& models) {
  MemoryReading reading;
  try {
    if (neural && neural->opened()) {
      reading.counted = neural->table().hostMemory();
      reading.device = neural->table().deviceMemory();
    }
  } catch (const std::exception& error) {  // a card that was lost; its own figures say so below
    log("device")->info("the allocator's figures: {}", error.what());
  }
  reading.machine = monitor.sample();
  reading.model = models.state();
  reading.limit = models.budget().limit;
  reading.time = std::chrono::steady_clock::now();
  return reading;
}

void MemoryTrack::add(MemoryReading reading) {
  const MemoryPoint point = pointOf(reading);
  if (!points_.empty() && points_.back().device != point.device) {
    points_.clear();
    peak_ = heardPeak_ = 0;
    warned_ = MemoryLevel::calm;
  }
  points_.push_back(point);
  while (point.time - points_.front().time > kLength) points_.pop_front();
  followPeak(reading);
  latest_ = std::move(reading);

  const MemoryLevel level = levelOf(point.used());
  if (level > warned_) {
    warned_ = level;
    warning_ = level;
  } else if (const MemoryLevel below = levelOf(point.used() + kRearm); below < warned_) {
    warned_ = below;
  }
}

void MemoryTrack::followPeak(const MemoryReading& reading) {
  // What the allocator reached between two readings counts when it was reached in this job: when
  // its peak is another than before.
  const std::int64_t heard = allocatorPeak(reading);
  if (heard != std::exchange(heardPeak_, heard)) peak_ = std::max(peak_, heard);
  peak_ = std::max(peak_, points_.back().ours);
}

void MemoryTrack::startJob(std::string name) {
  job_ = std::move(name);
  peak_ = points_.empty() ? 0 : points_.back().ours;
}

std::int64_t MemoryTrack::limit() const {
  if (latest_.limit > 0) return latest_.limit;
  return points_.empty() ? 0 : std::max<std::int64_t>(0, now().total - kDesktopReserve);
}

MemoryLevel MemoryTrack::level() const {
  return points_.empty() ? MemoryLevel::calm : levelOf(now().used());
}

std::optional<MemoryLevel> MemoryTrack::takeWarning() { return std::exchange(warning_, {}); }

}  // namespace maquette
