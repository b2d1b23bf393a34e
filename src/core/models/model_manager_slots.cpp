#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/models/ladder.h"
#include "core/models/model_manager.h"
#include "core/models/neural_plugin.h"

// The half of ModelManager that loads, runs and drops: for whoever holds the claim.

namespace maquette {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

ModelManager::Slot* ModelManager::find(const ModelEntry& entry) {
  for (Slot& slot : slots_)
    if (slot.entry == &entry) return &slot;
  return nullptr;
}

ModelManager::Slot* ModelManager::heavy() {
  for (Slot& slot : slots_)
    if (slot.heavy()) return &slot;
  return nullptr;
}

ModelManager::Slot& ModelManager::makeReady(const ModelEntry& entry, const Context& ctx,
                                            const JobSize& size, const Load& load) {
  try {
    if (entry.neural && plugin_) plugin_->table();  // its plan depends on what it finds
    if (Slot* other = heavy(); other && other->entry != &entry && entry.footprint.weightBytes > 0)
      drop(*other, "room for " + entry.label);
    planJob(entry, size);
    Slot* slot = find(entry);
    if (slot && !serves(*slot)) {
      drop(*slot, "another precision fits now");
      slot = nullptr;
    }
    if (const NeuralTable* table = openPlugin(); table && entry.neural) {
      const std::int64_t bytes = counted(job_.plan, false) - (slot ? slot->bytes : 0);
      const std::int64_t limit = bytes + job_.plan.room;
      if (job_.plan.onDevice)
        table->setLimits({0, limit, monitor_.sample().device.value_or(MemoryFigures{}).total});
      else
        table->setLimits({limit, 0, 0});
    }
    if (!slot) slot = &loadSlot(entry, ctx, load);
    beginJob(*slot);
    return *slot;
  } catch (...) {
    // The limit was for a job that never began.
    if (const NeuralTable* table = openPlugin(); table && entry.neural) table->setLimits({});
    unclaim();
    throw;
  }
}

void ModelManager::planJob(const ModelEntry& entry, const JobSize& size) {
  while (true) {
    if (const NeuralTable* table = openPlugin()) table->releaseCached();
    Slot* own = find(entry);
    std::exception_ptr refused;
    try {
      job_ = {};
      job_.plan = planFor(entry, size, own ? own->bytes : 0, job_.estimate);
      return;
    } catch (const OutOfMemory&) {
      refused = std::current_exception();
    }
    // What is only kept for later goes first.
    const auto other = std::ranges::find_if(slots_, [&](const Slot& slot) { return &slot != own; });
    if (other != slots_.end())
      drop(*other, "room for " + entry.label);
    else if (own && own->parked)
      own->parked.reset();
    else
      std::rethrow_exception(refused);
  }
}

/// Whether a loaded model can do the planned job as it is; the plan then follows the model.
bool ModelManager::serves(const Slot& slot) {
  MemoryPlan& plan = job_.plan;
  for (std::size_t at = plan.rung; at < plan.ladder.size(); ++at) {
    const Rung& rung = plan.ladder[at];
    if (rung.loss != plan.chosen().loss) return false;
    if (rung.precision == slot.precision && rung.streamed == slot.streamed &&
        rung.weights == slot.weights && rung.peak() <= plan.room) {
      plan.rung = at;
      return true;
    }
  }
  return false;
}

ModelManager::Slot& ModelManager::loadSlot(const ModelEntry& entry, const Context& ctx,
                                           const Load& load) {
  MemoryPlan& plan = job_.plan;
  const bool shown = entry.footprint.weightBytes > 0;
  if (shown) setState(State::Phase::loading, nullptr, &entry);
  const Clock::time_point begin = Clock::now();
  const std::int64_t before = counted(plan, false);
  try {
    const auto step = [&](const Rung& rung) {
      plan.rung = std::size_t(&rung - plan.ladder.data());
      return load(plan, ctx);
    };
    const auto cached = [this] {
      if (const NeuralTable* table = openPlugin()) table->releaseCached();
    };
    Slot slot;
    slot.entry = &entry;
    slot.model = runOnLadder(plan.ladder, plan.rung, step, cached, ctx).value;
    slot.planned = std::visit(
        [](auto& model) -> PlannedModel* {
          if constexpr (std::is_same_v<std::decay_t<decltype(model)>, std::monostate>)
            return nullptr;
          else
            return dynamic_cast<PlannedModel*>(model.get());
        },
        slot.model);
    slot.precision = plan.chosen().precision;
    slot.streamed = plan.chosen().streamed;
    slot.weights = plan.chosen().weights;
    slot.onDevice = plan.onDevice;
    const std::int64_t taken = counted(plan, false) - before;
    slot.bytes = taken > 0 ? taken : shown ? plan.chosen().weightBytes() : 0;
    slots_.push_back(std::move(slot));
  } catch (...) {
    if (shown) setState(State::Phase::none, nullptr, nullptr);
    throw;
  }
  Slot& slot = slots_.back();
  if (shown) setState(State::Phase::loaded, &slot, &entry);
  log("models")->info("loaded {} for a job: {} in {:.2f} s; plan: {}", entry.id,
                      shownBytes(slot.bytes), secondsSince(begin), spokenPlan(plan));
  return slot;
}

void ModelManager::beginJob(Slot& slot) {
  job_.slot = &slot;
  if (slot.planned) slot.planned->follow(job_.plan);
  if (const NeuralTable* table = openPlugin()) table->resetPeaks();
  if (!slot.entry->neural) job_.resident.emplace();
  job_.begin = Clock::now();
  if (slot.heavy()) setState(State::Phase::loaded, &slot, slot.entry);
  const std::lock_guard lock(mutex_);
  currentPlan_ = job_.plan;
}

void ModelManager::endJob() {
  Report report;
  report.plan = std::move(job_.plan);
  report.seconds = secondsSince(job_.begin);
  report.use.rung = report.plan.rung;
  const Slot& slot = *job_.slot;
  if (slot.planned) report.use = slot.planned->used();
  report.measuredPeak = job_.resident ? job_.resident->growth() : counted(report.plan, true);
  // A model that measures its stages one by one starts the count anew for each.
  report.measuredPeak = std::max(report.measuredPeak, report.use.peak());
  if (report.use.rung >= job_.estimate.size()) report.use.rung = report.plan.rung;
  const Rung& estimate = job_.estimate[report.use.rung];
  MemoryUse use = report.use;
  if (use.stages.empty() && report.measuredPeak > 0 && estimate.stages.size() == 1)
    use.stages = {{estimate.stages.front().name, report.measuredPeak, report.seconds}};
  log("models")->info("{}: planned {}, took {} in {:.2f} s", slot.entry->id,
                      shownBytes(report.plan.peak()), shownBytes(report.measuredPeak),
                      report.seconds);
  if (ledger_) {
    recordUse(*ledger_, report.plan, estimate, use);
    ledger_->save();
  }
  const std::lock_guard lock(mutex_);
  lastJob_ = std::move(report);
}

void ModelManager::release(JobEnd end) {
  Slot& slot = *job_.slot;
  try {
    if (end == JobEnd::good) endJob();
    // The limit was this job's: what is held now says nothing about the next.
    if (const NeuralTable* table = openPlugin(); table && slot.entry->neural) table->setLimits({});
    ReleasePolicy policy;
    {
      const std::lock_guard lock(mutex_);
      policy = policy_;
    }
    if (end == JobEnd::failed)
      drop(slot, "its job failed");
    else if (slot.heavy() && policy.when == ReleasePolicy::When::afterJob)
      drop(slot, end == JobEnd::cancelled ? "its job was cancelled" : "its job is done");
    else if (slot.heavy())
      setState(State::Phase::loaded, nullptr, nullptr);
  } catch (const std::exception& error) {
    log("models")->error("after a job: {}", error.what());
  }
  job_ = {};
  unclaim();
}

void ModelManager::drop(Slot& slot, const std::string& reason) {
  const ModelEntry& entry = *slot.entry;
  const bool shown = slot.heavy();
  if (shown) setState(State::Phase::unloading, &slot, &entry);
  const Clock::time_point begin = Clock::now();
  const std::int64_t bytes = slot.bytes;
  slot.parked.reset();  // it leans on the model
  std::erase_if(slots_, [&](const Slot& other) { return &other == &slot; });
  if (const NeuralTable* table = openPlugin()) table->releaseCached();
  log("models")->info("unloaded {}: {}; {} in {:.2f} s", entry.id, reason, shownBytes(bytes),
                      secondsSince(begin));
  if (shown) setState(State::Phase::none, nullptr, nullptr);
}

void ModelManager::dropAll(const std::string& reason) {
  while (!slots_.empty()) drop(slots_.back(), reason);
}

const NeuralTable* ModelManager::openPlugin() const {
  return plugin_ && plugin_->opened() ? &plugin_->table() : nullptr;
}

std::int64_t ModelManager::counted(const MemoryPlan& plan, bool peak) const {
  const NeuralTable* table = openPlugin();
  if (!table) return 0;
  const NeuralMemory memory =
      plan.onDevice ? table->deviceMemory().value_or(NeuralMemory{}) : table->hostMemory();
  return peak ? memory.allocatedPeak : memory.allocated;
}

/// Without a slot or entry: what is known stays.
void ModelManager::setState(State::Phase phase, const Slot* slot, const ModelEntry* entry) {
  const std::lock_guard lock(mutex_);
  const bool same = state_.phase == phase;
  if (phase == State::Phase::none) state_ = {};
  if (entry) {
    state_.id = entry->id;
    state_.label = entry->label;
    state_.onDevice = slot ? slot->onDevice : job_.plan.onDevice;
  }
  if (slot) state_.bytes = slot->bytes;
  state_.inUse = phase == State::Phase::loaded && slot && job_.slot == slot;
  state_.phase = phase;
  if (!same || phase == State::Phase::none) state_.since = std::chrono::system_clock::now();
}

}  // namespace maquette
