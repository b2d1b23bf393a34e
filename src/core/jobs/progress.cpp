#include "core/jobs/progress.h"

#include <algorithm>
#include <utility>

namespace maquette {

void Progress::start() {
  const std::lock_guard lock(mutex_);
  started_ = Clock::now();
}

void Progress::set(float fraction) {
  fraction = std::clamp(fraction, 0.f, 1.f);
  // Slices may report out of order from several threads; what is shown never goes back.
  float seen = fraction_.load(std::memory_order_relaxed);
  while (seen < fraction && !fraction_.compare_exchange_weak(seen, fraction)) {
  }
}

void Progress::setStage(std::string stage) {
  const std::lock_guard lock(mutex_);
  stage_ = std::move(stage);
}

void Progress::setSecondsLeft(std::optional<double> seconds) {
  const std::lock_guard lock(mutex_);
  secondsLeft_ = seconds;
  tellsTime_ = true;
}

Progress::Snapshot Progress::snapshot() const {
  Snapshot now;
  now.fraction = fraction_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  now.stage = stage_;
  if (!started_) return now;
  now.elapsedSeconds = std::chrono::duration<double>(Clock::now() - *started_).count();
  if (tellsTime_) {
    now.secondsLeft = secondsLeft_;
    return now;
  }
  // Before a twentieth of the work or half a second an extrapolation is a guess.
  if (now.fraction >= 0.05f && now.elapsedSeconds >= 0.5)
    now.secondsLeft = now.elapsedSeconds * (1. - now.fraction) / now.fraction;
  return now;
}

}  // namespace maquette
