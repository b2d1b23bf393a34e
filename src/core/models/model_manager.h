#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/device/memory_budget.h"
#include "core/device/memory_ledger.h"
#include "core/device/memory_monitor.h"
#include "core/device/peak_memory.h"
#include "core/models/lease.h"
#include "core/models/prefetch.h"
#include "core/models/registry.h"
#include "core/models/release_policy.h"

namespace maquette {

class NeuralPlugin;
struct NeuralTable;

/// Loads models on demand, one at a time.
///
/// Everything may be called from every thread. A model is used by one lease at a time; who comes
/// second waits. Models without weights (the classical ones) take no part in "one at a time": they
/// leave the loaded one where it is as long as both fit.
class ModelManager {
 public:
  struct State {
    enum class Phase { none, loading, loaded, unloading } phase = Phase::none;
    std::string id;
    std::string label;
    std::int64_t bytes = 0;  ///< of its weights: counted where it can be, else as its plan says
    bool onDevice = false;   ///< they lie on the graphics card
    bool inUse = false;      ///< a job runs on it
    std::chrono::system_clock::time_point since = {};  ///< in this phase
  };

  /// What became of a job's plan.
  struct Report {
    MemoryPlan plan;
    MemoryUse use;  ///< rung and stages; without stages where the model does not say
    std::int64_t measuredPeak = 0;  ///< bytes; 0 where it could not be measured
    double seconds = 0.;
  };

  /// @param registry, monitor  must outlive the manager
  /// @param ledger             corrects plans and keeps what was measured; null for none
  /// @param plugin             whose models are entries with `neural`; null for none
  ModelManager(const Registry& registry, MemoryMonitor& monitor, MemoryLedger* ledger = nullptr,
               NeuralPlugin* plugin = nullptr);
  /// Unloads. No lease may be alive.
  ~ModelManager();
  ModelManager(const ModelManager&) = delete;
  ModelManager& operator=(const ModelManager&) = delete;

  void setBudget(const MemoryBudget& budget);
  MemoryBudget budget() const;
  void setPolicy(const ReleasePolicy& policy);

  /// Waits for its turn, makes room, plans, loads where needed.
  ///
  /// @param size  of the job, for the plan
  /// @throws Unsupported  unknown id, or unavailable here (the reason is the message)
  /// @throws OutOfMemory  no rung of its ladder fits into what is free, less a reserve for the
  ///                      desktop, within the budget; says what would
  /// @throws Cancelled    at once, also while waiting
  /// @throws Error        this thread holds a lease already
  template <class T>
  Lease<T> acquire(const std::string& id, const Context& ctx, const JobSize& size = {});

  /// What acquire would plan now, to be shown. Loads nothing. @throws  as acquire
  template <class T>
  MemoryPlan plan(const std::string& id, const JobSize& size = {}) const;

  /// Brings the files of a model that will be needed into the page cache, unless it is loaded or
  /// memory is short. Returns at once.
  template <class T>
  void prefetch(const std::string& id);

  /// Drops every model and what is parked beside it; whether that is done. If not, a job runs: then
  /// it happens at its end.
  bool unloadAll(const std::string& reason);

  /// Drops idle models if `bytes` would not fit beside them.
  void makeRoom(std::int64_t bytes, bool onDevice, const std::string& reason);

  State state() const;
  /// Of the job that runs; nothing while none does.
  std::optional<MemoryPlan> currentPlan() const;
  std::optional<Report> lastJob() const;

 private:
  template <class T>
  friend class Lease;
  using Model = std::variant<std::monostate, std::unique_ptr<ShapeGenerator>,
                             std::unique_ptr<PartSegmenter>, std::unique_ptr<PartCompleter>>;
  using Load = std::function<Model(const MemoryPlan&, const Context&)>;
  /// A model that is there, and what leans on it.
  struct Slot {
    const ModelEntry* entry = nullptr;
    Model model;
    PlannedModel* planned = nullptr;  ///< the same model, where it is one
    Precision precision = Precision::f32;
    bool streamed = false;
    WeightForm weights = WeightForm::full;
    bool onDevice = false;
    std::int64_t bytes = 0;
    std::shared_ptr<void> parked;

    bool heavy() const { return entry->footprint.weightBytes > 0; }
  };
  struct Job {
    Slot* slot = nullptr;
    MemoryPlan plan;
    Ladder estimate;  ///< its ladder, uncorrected
    std::chrono::steady_clock::time_point begin;
    std::optional<PeakResident> resident;
  };

  const ModelEntry& requireEntry(const ModelEntry* entry, const std::string& id) const;
  MemoryPlan planFor(const ModelEntry& entry, const JobSize& size, std::int64_t held,
                     Ladder& estimate) const;
  bool onDevice(const ModelEntry& entry, const MemorySample& now) const;
  void release(JobEnd end);

  // Whoever claimed may touch slots_ and job_, without the mutex.
  void claim(const Context& ctx);
  bool tryClaim();
  void unclaim();
  Slot& makeReady(const ModelEntry& entry, const Context& ctx, const JobSize& size,
                  const Load& load);
  void planJob(const ModelEntry& entry, const JobSize& size);
  bool serves(const Slot& slot);
  Slot& loadSlot(const ModelEntry& entry, const Context& ctx, const Load& load);
  void beginJob(Slot& slot);
  void endJob();
  Slot* find(const ModelEntry& entry);
  Slot* heavy();
  void drop(Slot& slot, const std::string& reason);
  void dropAll(const std::string& reason);

  const NeuralTable* openPlugin() const;
  std::int64_t counted(const MemoryPlan& plan, bool peak) const;
  void watchIdle(const std::stop_token& stop);
  void setState(State::Phase phase, const Slot* slot, const ModelEntry* entry);

  const Registry& registry_;
  MemoryMonitor& monitor_;
  MemoryLedger* const ledger_;
  NeuralPlugin* const plugin_;

  std::list<Slot> slots_;  // for whoever claimed; at most one of them heavy
  Job job_;                // the same

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable_any changed_;
  bool claimed_ = false;
  std::thread::id claimer_;
  std::optional<std::string> unloadWanted_;  // the reason
  std::optional<std::chrono::steady_clock::time_point> idleEnd_;
  MemoryBudget budget_;
  ReleasePolicy policy_;
  State state_;
  std::optional<MemoryPlan> currentPlan_;
  std::optional<Report> lastJob_;
  Prefetch prefetch_;
  std::jthread idleWatch_;
};

template <class T>
Lease<T> ModelManager::acquire(const std::string& id, const Context& ctx, const JobSize& size) {
  const ModelEntry& entry = requireEntry(registry_.find<T>(id), id);
  claim(ctx);
  const auto load = [&](const MemoryPlan& plan, const Context& loading) -> Model {
    return std::get<ModelEntry::Make<T>>(entry.make)(plan, loading);
  };
  Slot& slot = makeReady(entry, ctx, size, load);
  return Lease<T>({this, &job_.plan, &slot.parked, ctx.stopToken()},
                  std::get<std::unique_ptr<T>>(slot.model).get());
}

template <class T>
MemoryPlan ModelManager::plan(const std::string& id, const JobSize& size) const {
  const ModelEntry& entry = requireEntry(registry_.find<T>(id), id);
  Ladder unused;
  // What is loaded now is this model, or goes when this one comes.
  const State now = state();
  return planFor(entry, size, now.onDevice == entry.neural ? now.bytes : 0, unused);
}

template <class T>
void ModelManager::prefetch(const std::string& id) {
  const ModelEntry* entry = registry_.find<T>(id);
  if (!entry || !entry->weights || state().id == id) return;
  if (Weights weights = entry->weights(); weights.unavailable.empty())
    prefetch_.start(std::move(weights.files));
}

template <class T>
Lease<T>::~Lease() {
  if (!held_.manager) return;
  const bool unwinding = std::uncaught_exceptions() > exceptions_;
  const bool stopped = held_.stop.stop_requested();
  held_.manager->release(end_.value_or(!unwinding ? JobEnd::good
                                       : stopped  ? JobEnd::cancelled
                                                  : JobEnd::failed));
}

}  // namespace maquette
