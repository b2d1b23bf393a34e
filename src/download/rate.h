#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace maquette {

/// Bytes a second over the last five seconds.
class Rate {
 public:
  /// @param total  bytes so far
  void add(std::uint64_t total);
  double perSecond() const;  ///< 0 until there is something to judge by
  void forget() { seen_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Moment {
    Clock::time_point when;
    std::uint64_t total;
  };
  std::deque<Moment> seen_;
};

}  // namespace maquette
