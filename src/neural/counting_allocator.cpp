#include "neural/counting_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <spdlog/fmt/fmt.h>

#include <atomic>
#include <cstddef>

#include "core/base/error.h"
#include "core/device/memory_budget.h"

namespace maquette::neural {
namespace {

constexpr std::uint8_t kAboveDefault = 100;

/// In front of every block: its size, and room so that the block is aligned as before.
struct alignas(64) Head {
  std::size_t bytes;
};

std::atomic<std::int64_t> held{0}, peak{0}, limit{0};
std::atomic<std::int64_t> asked{0}, failFirst{0}, failLast{0};

void raisePeak(std::int64_t to) {
  std::int64_t known = peak.load();
  while (known < to && !peak.compare_exchange_weak(known, to)) {
  }
}

[[noreturn]] void refuse(std::int64_t bytes, std::int64_t holding, const char* why) {
  throw OutOfMemory(
      "There is not enough memory within the limit. Close other programs, raise the memory limit, "
      "or choose a smaller model or a lower resolution.",
      fmt::format("{}: {} bytes beside {}", why, bytes, holding));
}

class CountingAllocator final : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator& real) : real_(real) {}

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, c10::Device(c10::kCPU)};
    const auto size = static_cast<std::int64_t>(bytes);
    const std::int64_t number = ++asked;
    if (number >= failFirst.load() && number <= failLast.load())
      refuse(size, held.load(), "refused for a test");
    // Counted before it is there, so that two threads cannot pass the limit together.
    const std::int64_t holding = held.fetch_add(size) + size;
    try {
      if (const std::int64_t most = limit.load(); size < 0 || (most > 0 && holding > most))
        refuse(size, holding - size, "over the limit");
      auto* head = static_cast<Head*>(real_.raw_allocate(bytes + sizeof(Head)));
      head->bytes = bytes;
      raisePeak(holding);
      void* block = head + 1;
      return {block, block, &release, c10::Device(c10::kCPU)};
    } catch (...) {
      held -= size;
      throw;
    }
  }
  // The context is the block, which is what libtorch's own libraries need.
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  static void release(void* block) {
    if (!block) return;
    Head* head = static_cast<Head*>(block) - 1;
    held -= static_cast<std::int64_t>(head->bytes);
    c10::GetDefaultCPUAllocator()->raw_deallocate(head);
  }

  c10::Allocator& real_;
};

}  // namespace

void countTensors() {
  static const bool once = [] {
    // Never deleted: tensors in static objects outlive everything else.
    c10::SetCPUAllocator(new CountingAllocator(*c10::GetDefaultCPUAllocator()), kAboveDefault);
    return true;
  }();
  (void)once;
}

NeuralMemory tensorMemory() {
  const std::int64_t now = held.load(), most = peak.load();
  return {now, most, now, most};
}

void resetTensorPeak() { peak = held.load(); }

void setTensorLimit(std::int64_t bytes) { limit = bytes; }

std::int64_t injectTensorFailure(const NeuralInjection& injection) {
  failFirst = failLast = 0;
  const std::int64_t were = asked.exchange(0);
  if (injection.first > 0 && injection.count > 0) {
    failLast = injection.first + injection.count - 1;
    failFirst = injection.first;
  }
  return were;
}

}  // namespace maquette::neural
