#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <ctime>
#include <memory>

#include "cli/commands.h"
#include "neural/weights/weight_cache.h"

namespace maquette {
namespace {

Report cached(bool clear) {
  const WeightCache cache;
  Report report{{"folder", cache.place().folder.string()}, {"limit_bytes", cache.place().limit}};
  if (clear) {
    report["freed_bytes"] = cache.clear();
    return report;
  }
  std::uint64_t sum = 0;
  Report files = Report::array();
  for (const WeightCache::Entry& entry : cache.entries()) {
    sum += entry.bytes;
    files.push_back(
        {entry.file.filename().string(), entry.bytes,
         fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time_t(entry.lastUse)))});
  }
  report["bytes"] = sum;
  report["files"] = files;
  return report;
}

}  // namespace

void addModelsCache(CLI::App& models, Action& action) {
  auto clear = std::make_shared<bool>(false);
  CLI::App* command = models.add_subcommand(
      "cache", "Converted weights that are kept for the next time: size, and when last used");
  command->add_flag("--clear", *clear, "Remove them; they are made again when needed");
  command->callback([clear, &action] { action = [clear](Session&) { return cached(*clear); }; });
}

}  // namespace maquette
