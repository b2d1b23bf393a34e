#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/mesh.h"

namespace maquette {

/// A mesh made ready for drawing: soft where it bends gently, sharp at its creases.
///
/// Vertices at one place are one vertex where the faces around it form one smooth fan, and several
/// (same position, different normals) where a crease runs through.
struct SmoothSurface {
  std::vector<Vec3> positions;          ///< S
  std::vector<Vec3> normals;            ///< S, unit length; zero where all faces are degenerate
  std::vector<Triangle> triangles;      ///< F, in the mesh's order, into the arrays above
  std::vector<std::uint32_t> vertexOf;  ///< S, the mesh's vertex that it came from
  std::vector<std::uint32_t> placeOf;   ///< S, equal where the position is the same
};

/// @param mesh          usable; corners at the same place need not share an index
/// @param creaseDegrees neighbouring faces whose normals differ by more are not smoothed over
SmoothSurface smoothSurface(const Mesh& mesh, float creaseDegrees = 35.f);

}  // namespace maquette
