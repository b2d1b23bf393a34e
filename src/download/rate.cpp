#include "download/rate.h"

#include <algorithm>

namespace maquette {
namespace {

constexpr std::chrono::seconds kWindow{5};

}  // namespace

void Rate::add(std::uint64_t total) {
  const auto now = Clock::now();
  seen_.push_back({now, total});
  while (seen_.size() > 2 && seen_.front().when < now - kWindow) seen_.pop_front();
}

double Rate::perSecond() const {
  if (seen_.size() < 2 || seen_.back().total < seen_.front().total) return 0.;
  const std::chrono::duration<double> span = Clock::now() - seen_.front().when;
  return double(seen_.back().total - seen_.front().total) / std::max(1e-3, span.count());
}

}  // namespace maquette
