#include "core/models/model_manager.h"

#include <spdlog/fmt/fmt.h>

#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/models/neural_plugin.h"

namespace maquette {
namespace {

using Clock = std::chrono::steady_clock;

Ladder ladderOf(const ModelEntry& entry, const JobSize& size) {
  if (entry.ladder) return entry.ladder(size);
  const Footprint& f = entry.footprint;
  Rung only;
  constexpr const char* kJobs[] = {"generate", "segment", "complete"};  // as in Factory
  only.stages = {{kJobs[entry.make.index()], f.weightBytes, f.peakBytes - f.weightBytes, 0}};
  return {only};
}

}  // namespace

ModelManager::ModelManager(const Registry& registry, MemoryMonitor& monitor, MemoryLedger* ledger,
                           NeuralPlugin* plugin)
    : registry_(registry),
      monitor_(monitor),
      ledger_(ledger),
      plugin_(plugin),
      prefetch_([this](std::int64_t bytes) {
        return roomIn(monitor_.sample().host, {0, kDesktopReserve}) >= bytes;
      }) {}

ModelManager::~ModelManager() {
  idleWatch_ = std::jthread{};
  prefetch_.cancel();
  dropAll("the program ends");
}

// --- What any thread may ask

void ModelManager::setBudget(const MemoryBudget& budget) {
  const std::lock_guard lock(mutex_);
  budget_ = budget;
}

MemoryBudget ModelManager::budget() const {
  const std::lock_guard lock(mutex_);
  return budget_;
}

void ModelManager::setPolicy(const ReleasePolicy& policy) {
  {
    const std::lock_guard lock(mutex_);
    policy_ = policy;
  }
  if (!tryClaim()) return;  // a job's end looks at the policy anyway
  if (Slot* slot = heavy(); slot && policy.when == ReleasePolicy::When::afterJob)
    drop(*slot, "models go after their job");
  unclaim();
}

ModelManager::State ModelManager::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::optional<MemoryPlan> ModelManager::currentPlan() const {
  const std::lock_guard lock(mutex_);
  return currentPlan_;
}

std::optional<ModelManager::Report> ModelManager::lastJob() const {
  const std::lock_guard lock(mutex_);
  return lastJob_;
}

bool ModelManager::unloadAll(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (claimed_) {
      unloadWanted_ = reason;
      return false;
    }
    claimed_ = true;
  }
  dropAll(reason);
  unclaim();
  return true;
}

void ModelManager::makeRoom(std::int64_t bytes, bool device, const std::string& reason) {
  if (!tryClaim()) return;
  const MemorySample now = monitor_.sample();
  if (roomIn(device && now.device ? *now.device : now.host, budget()) < bytes) dropAll(reason);
  unclaim();
}

const ModelEntry& ModelManager::requireEntry(const ModelEntry* entry, const std::string& id) const {
  if (!entry) throw Unsupported(fmt::format("There is no model called “{}” for this job.", id));
  if (entry->weights)
    if (const std::string why = entry->weights().unavailable; !why.empty()) throw Unsupported(why);
  return *entry;
}

bool ModelManager::onDevice(const ModelEntry& entry, const MemorySample& now) const {
  if (!entry.neural || !now.device) return false;
  return !plugin_ || !plugin_->opened() || plugin_->facts().cuda;
}

MemoryPlan ModelManager::planFor(const ModelEntry& entry, const JobSize& size, std::int64_t held,
                                 Ladder& estimate) const {
  const MemorySample now = monitor_.sample();
  const MemoryBudget allowed = budget();
  MemoryPlan plan;
  plan.model = entry.id;
  plan.label = entry.label;
  plan.onDevice = onDevice(entry, now);
  plan.where = plan.onDevice ? now.deviceName : "processor";
  const MemoryFigures& figures = plan.onDevice ? *now.device : now.host;
  const std::int64_t unlimited = roomIn(figures, {0, allowed.reserve});
  plan.room = roomIn(figures, allowed);
  plan.limit = plan.room < unlimited ? allowed.limit : 0;
  if (plan.room < std::numeric_limits<std::int64_t>::max() - held) plan.room += held;
  estimate = ladderOf(entry, size);
  // A footprint is for the usual job; what unusual ones took says nothing about the next.
  return planMemory(std::move(plan), estimate, entry.ladder ? ledger_ : nullptr, allowed.int8);
}

// --- The claim

void ModelManager::claim(const Context& ctx) {
  ctx.check();
  std::unique_lock lock(mutex_);
  if (claimed_ && claimer_ == std::this_thread::get_id())
    throw Error("A model is in use. Its job has to end first.", "acquired twice on one thread");
  if (!changed_.wait(lock, ctx.stopToken(), [this] { return !claimed_; })) throw Cancelled();
  claimed_ = true;
  claimer_ = std::this_thread::get_id();
  idleEnd_.reset();
}

bool ModelManager::tryClaim() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(claimed_, true);
}

void ModelManager::unclaim() {
  {
    std::unique_lock lock(mutex_);
    while (unloadWanted_) {
      const std::string reason = *std::exchange(unloadWanted_, std::nullopt);
      lock.unlock();
      dropAll(reason);
      lock.lock();
    }
    currentPlan_.reset();
    idleEnd_.reset();
    if (policy_.when == ReleasePolicy::When::afterIdle && heavy()) {
      idleEnd_ = Clock::now() + policy_.idle;
      if (!idleWatch_.joinable())
        idleWatch_ = std::jthread([this](const std::stop_token& stop) { watchIdle(stop); });
    }
    claimed_ = false;
    claimer_ = {};
  }
  changed_.notify_all();
}

void ModelManager::watchIdle(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!changed_.wait(lock, stop, [this] { return idleEnd_ && !claimed_; })) continue;
    const Clock::time_point end = *idleEnd_;
    if (Clock::now() < end) {
      changed_.wait_until(lock, stop, end, [&] { return idleEnd_ != end || claimed_; });
      continue;
    }
    claimed_ = true;
    lock.unlock();
    if (Slot* slot = heavy()) drop(*slot, "nobody used it for a while");
    unclaim();
    lock.lock();
  }
}

}  // namespace maquette
