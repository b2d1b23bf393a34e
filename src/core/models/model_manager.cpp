#include "core/models/model_manager.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/error.h"
#include "core/base/log.h"

namespace maquette {

void ModelManager::prepare(const ModelEntry* entry, const std::string& id) {
  if (!entry) throw Unsupported(fmt::format("There is no model called “{}” for this job.", id));
  if (!entry->unavailable.empty()) throw Unsupported(entry->unavailable);
  unload();
  const MemorySample now = monitor_.sample();
  const MemoryFigures& where = now.device ? *now.device : now.host;
  const std::int64_t usable = where.free - kReserve;
  if (where.total > 0 && entry->footprint.peakBytes > usable)
    throw OutOfMemory(
        fmt::format("{} needs {:.1f} GB and {:.1f} GB are free. Close other programs or choose a "
                    "smaller model.",
                    entry->label, double(entry->footprint.peakBytes) / 1e9, double(usable) / 1e9));
  setState({State::Phase::loading, entry->id, 0});
}

void ModelManager::unload() {
  if (leased_) throw Error("The model is in use. Cancel its job first.");
  if (loaded_) log("models")->info("unloading {}", loaded_->id);
  loaded_ = nullptr;
  model_ = std::monostate{};
  setState({});
}

ModelManager::State ModelManager::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void ModelManager::setState(State state) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
}

}  // namespace maquette
