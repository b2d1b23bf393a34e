#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

namespace maquette {

/// How far one job is. Written by the worker, polled by whoever shows it; any thread.
class Progress {
 public:
  struct Snapshot {
    float fraction = 0.f;               ///< [0, 1]
    std::string stage;                  ///< what is being done, for people; may be empty
    double elapsedSeconds = 0.;         ///< since start()
    std::optional<double> secondsLeft;  ///< absent until there is enough to judge by
  };

  /// The clock starts when the work does, not while it waits in a queue.
  void start();
  void set(float fraction);
  void setStage(std::string stage);
  /// From now on this is what is left, and not what the fraction suggests; nothing: nobody knows.
  void setSecondsLeft(std::optional<double> seconds);
  Snapshot snapshot() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::atomic<float> fraction_{0.f};
  mutable std::mutex mutex_;  // guards what is below
  std::string stage_;
  std::optional<double> secondsLeft_;
  bool tellsTime_ = false;
  std::optional<Clock::time_point> started_;
};

}  // namespace maquette
