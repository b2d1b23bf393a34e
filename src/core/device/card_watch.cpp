#include "core/device/card_watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace maquette {
namespace {

/// Readings between two attempts to find a card again.
constexpr int kRetryAfter = 20;
/// A driver that has to be loaded first may take seconds; later answers take microseconds.
constexpr std::chrono::seconds kFirstPatience{5};
constexpr std::chrono::milliseconds kPatience{500};

/// The card among those of the driver. One thread.
class Finder {
 public:
  Finder(const std::string& library, VisibleCard visible)
      : nvml_(library), visible_(std::move(visible)) {
    find();
  }

  void follow(const std::string& uuid) {
    if (!nvml_.choose(uuid)) return;  // the driver names it otherwise: stay with the first
    visible_ = {false, 0, uuid};
    found_ = true;
  }

  CardReading read() {
    CardReading reading{nvml_.driver(), {}, {}};
    if (visible_.none) {
      if (reading.driver)
        reading.trouble =
            "The graphics cards are hidden from programs (CUDA_VISIBLE_DEVICES). Unset it to use "
            "one.";
      return reading;
    }
    if (!found_ && reading.driver && ++missed_ % kRetryAfter == 0 && nvml_.restart()) find();
    if (found_) reading.card = nvml_.reading();
    found_ = reading.card.has_value();
    if (!found_ && reading.driver) reading.trouble = nvml_.trouble();
    return reading;
  }

 private:
  void find() {
    missed_ = 0;
    found_ = !visible_.none &&
             (visible_.uuid.empty() ? nvml_.choose(visible_.index) : nvml_.choose(visible_.uuid));
  }

  Nvml nvml_;
  VisibleCard visible_;
  bool found_ = false;
  int missed_ = 0;
};

}  // namespace

struct CardWatch::Shared {
  std::mutex mutex;  // guards the rest
  std::condition_variable asked, answered;
  std::uint64_t questions = 0, answers = 0;
  bool overdue = false;  // somebody went without an answer, and there was none since
  bool closing = false, ended = false;
  std::string follow;  // empty: no change
  CardReading last;

  std::chrono::milliseconds patience() const {
    if (overdue) return std::chrono::milliseconds(0);
    return answers == 0 ? kFirstPatience : kPatience;
  }

  void answer(const std::string& library, const VisibleCard& visible) {
    Finder finder(library, visible);
    std::unique_lock lock(mutex);
    while (true) {
      asked.wait(lock, [&] { return closing || answers < questions; });
      if (closing) return;
      const std::uint64_t upTo = questions;
      const std::string card = std::exchange(follow, {});
      lock.unlock();
      if (!card.empty()) finder.follow(card);
      CardReading reading = finder.read();
      lock.lock();
      last = std::move(reading);
      answers = upTo;
      overdue = false;
      answered.notify_all();
    }
  }
};

CardWatch::CardWatch(std::string library, VisibleCard visible)
    : shared_(std::make_shared<Shared>()) {
  std::thread([shared = shared_, library = std::move(library), visible = std::move(visible)] {
    shared->answer(library, visible);
    const std::lock_guard lock(shared->mutex);
    shared->ended = true;
    shared->answered.notify_all();
  }).detach();
}

CardWatch::~CardWatch() {
  std::unique_lock lock(shared_->mutex);
  shared_->closing = true;
  shared_->asked.notify_all();
  // Where the driver never answers, its thread is left behind.
  shared_->answered.wait_for(lock, shared_->patience(), [&] { return shared_->ended; });
}

CardReading CardWatch::now() {
  std::unique_lock lock(shared_->mutex);
  const std::uint64_t question = ++shared_->questions;
  shared_->asked.notify_all();
  const bool known = shared_->answered.wait_for(lock, shared_->patience(),
                                                [&] { return shared_->answers >= question; });
  if (known) return shared_->last;
  shared_->overdue = true;
  return {
      true, {}, "The graphics card's driver does not answer. If it stays so, restart the machine."};
}

void CardWatch::follow(const std::string& uuid) {
  const std::lock_guard lock(shared_->mutex);
  shared_->follow = uuid;
}

}  // namespace maquette
