#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/topology.h"
#include "core/jobs/context.h"

namespace maquette {

/// Triangles that close a surface.
struct HolePatches {
  std::vector<Vec3> added;  ///< positions that follow the mesh's own
  std::vector<Triangle> triangles;
  std::vector<std::uint32_t> beside;  ///< one per triangle: one of the mesh at its rim
  std::size_t holes = 0;
};

/// Closes every loop along which more triangles run one way than the other: small ones by the
/// triangulation of least area (Barequet and Sharir 1995), larger ones by a fan or by ears.
HolePatches fillHoles(const Mesh& mesh, const EdgeTable& edges, const Context& ctx);

/// The mesh and its patches in one.
Mesh withPatches(const Mesh& mesh, const HolePatches& patches);

}  // namespace maquette
