#include "cli/session.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "classical/classical.h"
#include "core/base/error.h"
#include "core/base/log.h"

namespace maquette {

Session::Session(Context context, std::optional<std::uint64_t> randomSeed, std::int64_t memoryLimit,
                 bool int8, bool quiet, std::span<const std::string> weights)
    : ctx(std::move(context)),
      seed(randomSeed),
      quiet_(quiet),
      monitor_(systemMemoryMonitor()),
      ledger_(memoryLedgerFile()),
      weights_({officialCatalogue(), modelPlaces()}),
      models_(registry_, *monitor_, &ledger_, &neural_) {
  registerClassical(registry_);
  for (const std::string& file : weights) weights_.choose(file);
  registerNetworks(registry_, weights_, neural_);
  models_.setBudget({memoryLimit, kDesktopReserve, int8});
}

void Session::announce(const MemoryPlan& plan) const {
  if (quiet_) return;
  const char* clear = isatty(STDERR_FILENO) ? "\r\033[K" : "";
  fmt::print(stderr, "{}{}: memory {}\n", clear, plan.label, spokenPlan(plan));
}

void Session::note(const std::string& id) noexcept {
  try {
    const auto last = models_.lastJob();
    if (!last || last->plan.model != id) return;  // it failed
    const Rung& rung = last->plan.ladder[last->use.rung];
    Report entry{{"model", last->plan.model},
                 {"where", last->plan.where},
                 {"way", rung.name},
                 {"precision", nameOf(rung.precision)},
                 {"weights", rung.weights == WeightForm::int8 ? "int8" : "full"},
                 {"planned_bytes", last->plan.peak()},
                 {"room_bytes", last->plan.room},
                 {"peak_bytes", last->measuredPeak}};
    for (const StageUse& stage : last->use.stages)
      entry["stages"].push_back(
          {{"name", stage.name}, {"peak_bytes", stage.measured}, {"seconds", stage.seconds}});
    memory_.push_back(std::move(entry));
  } catch (const std::exception& error) {
    log("cli")->warn("memory is not reported: {}", error.what());
  }
}

JobSize sizeOf(const ShapeParams& params) {
  JobSize size;
  size.resolution = params.resolution;
  return size;
}

JobSize sizeOf(const Mesh& mesh) {
  JobSize size;
  size.triangles = std::int64_t(mesh.triangles.size());
  return size;
}

JobSize sizeOf(const Mesh& mesh, const AutoParams& params) {
  JobSize size = sizeOf(mesh);
  size.points = params.points;
  size.prompts = params.prompts;
  return size;
}

void requireFolderFor(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, error))
    throw FileError("There is no folder “" + folder.string() + "” to write into. Create it first.",
                    error.message());
}

}  // namespace maquette
