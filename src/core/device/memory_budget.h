#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/device/memory_monitor.h"

namespace maquette {

/// What stays free for the desktop and for other programs.
inline constexpr std::int64_t kDesktopReserve = std::int64_t{512} << 20;

/// How much memory models and their jobs may take, on the processor and on the graphics card alike.
struct MemoryBudget {
  std::int64_t limit = 0;  ///< bytes that this program may hold; 0: what is free
  std::int64_t reserve = kDesktopReserve;
  bool int8 = false;  ///< large weights in 8 bits wherever a model can, also where there is room
};

/// "6GB", "512 MB", "1.5GiB", "6g", or plain bytes.
///
/// @throws InvalidInput  not a number with a unit of memory, or less than a megabyte
std::int64_t parseBytes(std::string_view text);

/// "4.6 GB", "700 MB": decimal, as disks and the gauge count.
std::string shownBytes(std::int64_t bytes);

/// Bytes that can be taken in addition to what is held; negative where it is too much already. A
/// machine that does not say what it has is bounded by the limit alone.
std::int64_t roomIn(const MemoryFigures& figures, const MemoryBudget& budget);

}  // namespace maquette
