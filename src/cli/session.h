#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "cli/report.h"
#include "core/device/memory_monitor.h"
#include "core/jobs/context.h"
#include "core/models/model_manager.h"
#include "core/models/neural_plugin.h"
#include "core/models/registry.h"
#include "models/networks.h"

namespace maquette {

/// What every command runs with: the options before the command, the models, stop and progress.
class Session {
 public:
  /// @param memoryLimit  bytes that this program may hold; 0: what is free
  /// @param int8         see MemoryBudget
  /// @param quiet        no words on the standard error
  /// @param weights      "p3-sam=FILE": weight files that take the place of the installed ones
  /// @throws InvalidInput  as NetworkWeights::choose
  Session(Context context, std::optional<std::uint64_t> randomSeed, std::int64_t memoryLimit,
          bool int8, bool quiet, std::span<const std::string> weights = {});

  const Context ctx;
  const std::optional<std::uint64_t> seed;  ///< where one was given

  /// Runs `work(T&)` on a model, and says before it what memory it will take.
  template <class T, class Work>
  auto use(const std::string& id, const JobSize& size, Work&& work) {
    const Noting noting(*this, id);  // after the lease is gone
    auto model = models_.acquire<T>(id, ctx.part(0.f, 0.f), size);
    announce(model.plan());
    return model.run(std::forward<Work>(work));
  }

  /// What models planned and took, one after the other; empty where none was used.
  const Report& memory() const { return memory_; }

 private:
  /// Keeps what became of a job's plan, once its lease has ended.
  class Noting {
   public:
    Noting(Session& session, std::string id) : session_(session), id_(std::move(id)) {}
    Noting(const Noting&) = delete;
    Noting& operator=(const Noting&) = delete;
    ~Noting() { session_.note(id_); }

   private:
    Session& session_;
    std::string id_;
  };

  void announce(const MemoryPlan& plan) const;
  void note(const std::string& id) noexcept;

  const bool quiet_;
  Registry registry_;
  std::unique_ptr<MemoryMonitor> monitor_;
  MemoryLedger ledger_;
  NeuralPlugin neural_;
  NetworkWeights weights_;
  ModelManager models_;
  Report memory_ = Report::array();
};

/// What a job is made of, for its memory plan.
JobSize sizeOf(const ShapeParams& params);
JobSize sizeOf(const Mesh& mesh);
JobSize sizeOf(const Mesh& mesh, const AutoParams& params);

/// Fails now rather than after the work: the folder that `file` goes into must exist.
///
/// @throws FileError
void requireFolderFor(const std::filesystem::path& file);

}  // namespace maquette
