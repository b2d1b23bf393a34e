#pragma once

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"
#include "surface/edge_sides.h"

namespace maquette {

/// Radians by which the surface bends to and fro between neighbouring small triangles, by area:
/// near 0 for a smooth or a faceted surface, tenths for a scan or for stairs of voxels.
float roughnessOf(const Mesh& mesh, const Sides& sides);

/// Smooths a rough mesh until it is not, without shrinking it (Taubin, SIGGRAPH 1995); leaves a
/// smooth or faceted one alone. Corners on open edges stay.
///
/// @param sides  those of `mesh`
/// @throws Cancelled
void denoise(Mesh& mesh, const Sides& sides, const Context& ctx);

}  // namespace maquette
