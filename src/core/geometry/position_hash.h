#pragma once

#include <bit>
#include <cstdint>

#include "core/geometry/vec.h"

namespace maquette {

/// Equal for equal coordinates; -0 equals 0.
inline std::uint64_t positionHash(Vec3 p) {
  // + 0.f turns -0 into 0, so that equal coordinates have equal bits.
  std::uint64_t h = std::bit_cast<std::uint32_t>(p.x + 0.f);
  for (const float c : {p.y, p.z}) {
    h = (h ^ std::bit_cast<std::uint32_t>(c + 0.f)) * 0x9e3779b97f4a7c15ull;
    h ^= h >> 29;
  }
  return h;
}

}  // namespace maquette
