#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace maquette {

/// The logger of one room ("io", "solid", ...). All share one sink on stderr.
std::shared_ptr<spdlog::logger> log(const std::string& room);

/// 0 quiet (errors only), 1 warnings, 2 information, 3 everything. Default 1.
void setLogLevel(int level);

}  // namespace maquette
