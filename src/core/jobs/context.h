#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/jobs/progress.h"

namespace maquette {

/// All that long work may ask of the world: should I stop, how far am I.
///
/// A cheap value; pass it last, by const reference. Safe to use from the threads of one job.
class Context {
 public:
  /// Never stops, reports to nobody.
  Context() = default;
  Context(std::stop_token stop, std::shared_ptr<Progress> progress)
      : stop_(std::move(stop)), progress_(std::move(progress)) {}

  bool stopRequested() const { return stop_.stop_requested(); }
  std::stop_token stopToken() const { return stop_; }  ///< to be woken by it
  void check() const;                                  ///< @throws Cancelled when asked to stop
  void report(float fraction) const;                   ///< [0, 1] of this context; also checks
  void stage(const std::string& name) const;  ///< what is being done now, for people; also checks
  /// What the job itself expects, in seconds, where the fraction is no measure of time.
  void timeLeft(std::optional<double> seconds) const;
  Context part(float begin, float end) const;    ///< a slice of this progress, same stop
  Context withStop(std::stop_token stop) const;  ///< the same progress, another stop

 private:
  std::stop_token stop_;
  std::shared_ptr<Progress> progress_;
  float begin_ = 0.f;
  float end_ = 1.f;
};

}  // namespace maquette
