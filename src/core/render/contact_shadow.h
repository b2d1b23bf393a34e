#pragma once

#include <span>

#include "core/geometry/mesh.h"
#include "core/image/image.h"

namespace maquette {

/// What stands on the ground, and moved where.
struct Standing {
  const Mesh* mesh = nullptr;  ///< not null
  Vec3 offset;
};

/// How much of the sky a thing takes from the ground below it: dark under what touches, fading with
/// height and to the sides.
struct ContactShadow {
  Mask mask;         ///< square; row 0 is the far side (+Y), 255 full shadow; empty for no meshes
  float minX = 0.f;  ///< mm, the left side of the square
  float minY = 0.f;  ///< mm, the near side
  float sizeMm = 0.f;

  /// [0, 1] at a point of the ground, bilinear; 0 outside.
  float at(float x, float y) const;
};

ContactShadow contactShadow(std::span<const Standing> meshes, float groundZ, int pixels = 256);

}  // namespace maquette
