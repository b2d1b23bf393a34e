#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/device/memory_monitor.h"
#include "core/jobs/context.h"
#include "core/models/model_manager.h"
#include "core/models/registry.h"

namespace maquette {

/// What every command runs with: the options before the command, the models, stop and progress.
class Session {
 public:
  Session(Context context, std::uint64_t randomSeed);

  const Context ctx;
  const std::uint64_t seed;

  /// Leases a model for the rest of the command.
  template <class T>
  Lease<T> acquire(const std::string& id) {
    return models_.acquire<T>(id, ctx.part(0.f, 0.f));
  }

 private:
  Registry registry_;
  std::unique_ptr<MemoryMonitor> monitor_;
  ModelManager models_;
};

/// Fails now rather than after the work: the folder that `file` goes into must exist.
///
/// @throws FileError
void requireFolderFor(const std::filesystem::path& file);

}  // namespace maquette
