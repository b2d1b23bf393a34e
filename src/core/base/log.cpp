#include "core/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace maquette {

std::shared_ptr<spdlog::logger> log(const std::string& room) {
  static std::mutex mutex;  // between looking a logger up and registering it
  static const auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  const std::lock_guard lock(mutex);
  if (auto known = spdlog::get(room)) return known;
  auto made = std::make_shared<spdlog::logger>(room, sink);
  spdlog::initialize_logger(made);
  return made;
}

void setLogLevel(int level) {
  constexpr std::array kLevels{spdlog::level::err, spdlog::level::warn, spdlog::level::info,
                               spdlog::level::trace};
  spdlog::set_level(kLevels[static_cast<std::size_t>(std::clamp(level, 0, 3))]);
}

}  // namespace maquette
