#include "core/jobs/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace maquette {
namespace {

std::atomic<int> limit{0};

}  // namespace

void setThreadLimit(int threads) { limit = std::max(threads, 0); }

int threadLimit() {
  const int asked = limit.load();
  return asked > 0 ? asked : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallelFor(std::size_t count, std::size_t grain,
                 const std::function<void(std::size_t, std::size_t)>& body) {
  if (count == 0) return;
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t slices = (count + grain - 1) / grain;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  const auto work = [&] {
    for (std::size_t slice; (slice = next.fetch_add(1)) < slices;) {
      try {
        body(slice * grain, std::min(count, (slice + 1) * grain));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
        next = slices;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t wanted =
        std::min<std::size_t>(static_cast<std::size_t>(threadLimit()), slices);
    for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(work);
    work();
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace maquette
