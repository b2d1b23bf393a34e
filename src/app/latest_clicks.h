#pragma once

#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

#include "core/base/error.h"
#include "core/models/interfaces.h"

namespace maquette {

/// Clicks on their way to the job that answers them. A click never interrupts what comes before the
/// question (a network that loads, features that are computed): whoever answers takes the latest
/// clicks when it gets there, and starts again when newer ones come. Any thread.
class LatestClicks {
 public:
  /// Every click so far; none: nobody wants an answer any more.
  void put(Prompts prompts) {
    std::stop_source older;
    {
      const std::lock_guard lock(mutex_);
      prompts_ = std::move(prompts);
      ++number_;
      older = std::exchange(stop_, std::stop_source());
    }
    older.request_stop();
  }

  /// How often they changed.
  std::uint64_t number() const {
    const std::lock_guard lock(mutex_);
    return number_;
  }

  bool empty() const {
    const std::lock_guard lock(mutex_);
    return prompts_.clicks.empty();
  }

  /// Answers the latest with `query(const Prompts&, const Context&)`.
  ///
  /// @return  the number of the clicks that were answered, and the answer; empty for no clicks
  template <class Query>
  std::pair<std::uint64_t, Candidates> answer(const Context& ctx, Query query) {
    while (true) {
      ctx.check();
      auto [prompts, number, stop] = take();
      if (prompts.clicks.empty()) return {number, Candidates{}};
      const std::stop_callback both(ctx.stopToken(), [&stop = stop] { stop.request_stop(); });
      try {
        return {number, query(std::as_const(prompts), ctx.withStop(stop.get_token()))};
      } catch (const Cancelled&) {
        ctx.check();  // or else newer clicks have come
      }
    }
  }

 private:
  struct Taken {
    Prompts prompts;
    std::uint64_t number;
    std::stop_source stop;
  };
  Taken take() const {
    const std::lock_guard lock(mutex_);
    return {prompts_, number_, stop_};
  }

  mutable std::mutex mutex_;
  Prompts prompts_;
  std::uint64_t number_ = 0;
  std::stop_source stop_;
};

}  // namespace maquette
