#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/device/memory_monitor.h"
#include "core/models/registry.h"

namespace maquette {

class ModelManager;

/// The right to use the loaded model for one job. While it lives the model cannot be unloaded.
template <class T>
class Lease {
 public:
  Lease(Lease&& other) noexcept
      : slot_(std::exchange(other.slot_, nullptr)), model_(other.model_) {}
  Lease& operator=(Lease&&) = delete;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    if (slot_) slot_->store(false);
  }
  T* operator->() const { return model_; }
  T& operator*() const { return *model_; }

 private:
  friend class ModelManager;
  Lease(std::atomic<bool>* slot, T* model) : slot_(slot), model_(model) {}
  std::atomic<bool>* slot_;
  T* model_;
};

/// Loads models on demand, one at a time.
///
/// acquire, unload and sessions belong to one thread (the gpu lane); state() to any.
class ModelManager {
 public:
  struct State {
    enum class Phase { none, loading, loaded } phase = Phase::none;
    std::string id;
    std::int64_t bytes = 0;  ///< footprint of its weights
  };

  /// @param registry, monitor  must outlive the manager
  ModelManager(const Registry& registry, MemoryMonitor& monitor)
      : registry_(registry), monitor_(monitor) {}

  /// Releases what is loaded unless it is this very model, checks that the new one fits, loads it.
  ///
  /// @throws Unsupported  unknown id, or unavailable here (the reason is the message)
  /// @throws OutOfMemory  its footprint exceeds what is free, less a reserve for the desktop
  template <class T>
  Lease<T> acquire(const std::string& id, const Context& ctx);

  /// Drops the loaded model and the sessions parked beside it. @throws Error  a lease is alive
  void unload();

  State state() const;

 private:
  using Model = std::variant<std::monostate, std::unique_ptr<ShapeGenerator>,
                             std::unique_ptr<PartSegmenter>, std::unique_ptr<PartCompleter>>;
  void prepare(const ModelEntry* entry, const std::string& id);
  void setState(State state);

  static constexpr std::int64_t kReserve = std::int64_t{512} << 20;  // for the desktop

  const Registry& registry_;
  MemoryMonitor& monitor_;
  Model model_;
  const ModelEntry* loaded_ = nullptr;
  std::atomic<bool> leased_{false};
  mutable std::mutex mutex_;  // guards state_
  State state_;
};

template <class T>
Lease<T> ModelManager::acquire(const std::string& id, const Context& ctx) {
  const ModelEntry* entry = registry_.find<T>(id);
  if (!entry || entry != loaded_ || leased_) {
    prepare(entry, id);
    try {
      model_ = std::get<std::function<std::unique_ptr<T>(const Context&)>>(entry->make)(ctx);
    } catch (...) {
      setState({});
      throw;
    }
    loaded_ = entry;
    setState({State::Phase::loaded, entry->id, entry->footprint.weightBytes});
  }
  leased_ = true;
  return Lease<T>(&leased_, std::get<std::unique_ptr<T>>(model_).get());
}

}  // namespace maquette
