#include "neural/layer_stream.h"

#include <c10/core/Event.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/error.h"
#include "neural/boundary.h"

namespace maquette::neural {
namespace {

/// The order of copying and computing on a device with streams; nothing to do on the processor.
class StreamOrder {
 public:
  explicit StreamOrder(c10::Device device) : device_(device) {
    if (device.is_cpu()) return;
    copies_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device, false);
    made_.emplace(device.type());
    used_.emplace(device.type());
  }

  /// On the making thread. What it makes may take the place of what is still being computed with:
  /// the copying stream waits for that.
  template <class Make>
  auto make(const Make& work) {
    if (!copies_) return work();
    const c10::StreamGuard guard(*copies_);
    used_->block(*copies_);
    auto value = work();
    made_->record(*copies_);
    return value;
  }

  /// On the computing thread, before use.
  void beforeUse() {
    if (copies_) made_->block(current());
  }

  /// On the computing thread, after the last use was queued and before memory is given up.
  void afterUse() {
    if (copies_) used_->record(current());
  }

  /// Nothing is under way any more.
  void finish() noexcept {
    if (!copies_) return;
    try {
      c10::impl::VirtualGuardImpl impl(device_.type());
      impl.synchronizeStream(*copies_);
      impl.synchronizeStream(current());
    } catch (...) {  // the device is lost, and with it what was under way
    }
  }

 private:
  c10::Stream current() const {
    return c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
  }

  c10::Device device_;
  std::optional<c10::Stream> copies_;
  std::optional<c10::Event> made_, used_;
};

}  // namespace

struct AheadOfUse::State {
  State(std::size_t n, Make m, c10::Device device)
      : count(n),
        make(std::move(m)),
        order(device),
        thread([this](const std::stop_token& stop) { loop(stop); }) {}

  std::shared_ptr<void> makeNow(std::size_t index) {
    return order.make([&] { return make(index); });
  }

  void loop(const std::stop_token& stop) {
    const c10::InferenceMode inference;  // of this thread
    std::unique_lock lock(mutex);
    while (changed.wait(lock, stop, [this] { return wanted.has_value(); })) {
      const std::size_t index = *wanted;
      lock.unlock();
      std::shared_ptr<void> value;
      std::exception_ptr error;
      try {
        value = atBoundary([&] { return makeNow(index); });
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      ready = std::move(value);
      failure = error;
      made = index;
      wanted.reset();
      changed.notify_all();
    }
  }

  const std::size_t count;
  const Make make;
  StreamOrder order;
  std::shared_ptr<void> current;

  std::mutex mutex;  // guards the rest
  std::condition_variable_any changed;
  std::optional<std::size_t> wanted, made;  // being made; lies ready, or failed
  std::shared_ptr<void> ready;
  std::exception_ptr failure;
  std::jthread thread;  // the last, so that it ends first
};

AheadOfUse::AheadOfUse(std::size_t count, Make make, c10::Device device)
    : state_(std::make_unique<State>(count, std::move(make), device)) {}

AheadOfUse::~AheadOfUse() {
  state_->thread.request_stop();
  state_->thread.join();
  state_->order.finish();
}

std::shared_ptr<void> AheadOfUse::take(std::size_t index) {
  State& s = *state_;
  std::shared_ptr<void> next;
  std::exception_ptr failure;
  {
    std::unique_lock lock(s.mutex);
    s.changed.wait(lock, [&] { return !s.wanted; });
    if (s.made == index) {
      next = std::move(s.ready);
      failure = std::exchange(s.failure, nullptr);
    }
    s.ready.reset();
    s.made.reset();
  }
  s.order.afterUse();
  s.current.reset();
  if (failure) {
    try {
      std::rethrow_exception(std::exchange(failure, nullptr));
    } catch (const OutOfMemory&) {  // beside the one before; alone it may fit
    }
  }
  s.current = next ? std::move(next) : s.makeNow(index);
  s.order.beforeUse();
  if (index + 1 < s.count) {
    const std::lock_guard lock(s.mutex);
    s.wanted = index + 1;
    s.changed.notify_all();
  }
  return s.current;
}

}  // namespace maquette::neural
