#include "core/jobs/context.h"

#include "core/base/error.h"

namespace maquette {

void Context::check() const {
  if (stop_.stop_requested()) throw Cancelled();
}

void Context::report(float fraction) const {
  check();
  if (progress_) progress_->set(begin_ + (end_ - begin_) * fraction);
}

void Context::stage(const std::string& name) const {
  check();
  if (progress_) progress_->setStage(name);
}

void Context::timeLeft(std::optional<double> seconds) const {
  if (progress_) progress_->setSecondsLeft(seconds);
}

Context Context::part(float begin, float end) const {
  Context slice = *this;
  slice.begin_ = begin_ + (end_ - begin_) * begin;
  slice.end_ = begin_ + (end_ - begin_) * end;
  return slice;
}

Context Context::withStop(std::stop_token stop) const {
  Context other = *this;
  other.stop_ = std::move(stop);
  return other;
}

}  // namespace maquette
