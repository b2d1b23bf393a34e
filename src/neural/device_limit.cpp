#include "neural/device_limit.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#if __has_include(<cuda_runtime_api.h>)
#include <c10/cuda/CUDACachingAllocator.h>
#define MAQUETTE_CUDA_HEADERS
#endif
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <atomic>

#include "core/base/error.h"

namespace maquette::neural {
namespace {

constexpr double kLeastShare = 1e-3;

std::atomic<std::int64_t> limit{0};

c10::DeviceAllocator* allocator() {
  return dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::kCUDA));
}

/// A virtual function of libtorch's own class: nothing of CUDA has to be linked for it.
void setShare([[maybe_unused]] double share) {
#ifdef MAQUETTE_CUDA_HEADERS
  if (auto* cuda = dynamic_cast<c10::cuda::CUDACachingAllocator::CUDAAllocator*>(allocator()))
    cuda->setMemoryFraction(share, 0);
#endif
}

}  // namespace

void setDeviceLimit(std::int64_t bytes, std::int64_t total) {
  const std::int64_t before = limit.exchange(bytes);
  if (bytes <= 0) {
    if (before > 0 && allocator() && allocator()->initialized()) setShare(1.);
    return;
  }
  if (total <= 0 || !at::globalContext().hasCUDA()) return;
  at::globalContext().lazyInitDevice(c10::kCUDA);
  setShare(std::clamp(double(bytes) / double(total), kLeastShare, 1.));
}

void checkDeviceLimit() {
  const std::int64_t most = limit.load();
  if (most <= 0 || !allocator() || !allocator()->initialized()) return;
  const std::int64_t held = allocator()->getDeviceStats(0).allocated_bytes[0].current;
  if (held > most)
    throw OutOfMemory(
        "There is not enough graphics memory within the limit. Close other programs that use it, "
        "raise the memory limit, or choose a smaller model or a lower resolution.",
        fmt::format("{} bytes, limit {}", held, most));
}

}  // namespace maquette::neural
