#pragma once

#include <array>

#include "core/geometry/mesh.h"

namespace maquette {

/// A right-handed frame that a surface has by itself: it turns and moves with it.
struct OwnFrame {
  Vec3 origin;
  std::array<std::array<double, 3>, 3> axes{};  ///< orthonormal

  std::array<double, 3> placeOf(Vec3 p) const;
};

/// The frame of the principal axes of a surface about its centre of area, widest spread first; each
/// points where the surface reaches farther out. Where the surface is symmetric, rounding decides.
///
/// Sums run over the triangles in their order, so another order may give another rounding.
OwnFrame ownFrameOf(const Mesh& mesh);

}  // namespace maquette
