#pragma once

#include <vector>

#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

/// Whether two triangles pass through each other or fold back onto each other.
bool trianglesCross(const MultiSurface& surface, const SurfaceTriangle& s,
                    const SurfaceTriangle& t);

/// Pairs of triangles that pass through each other or fold back onto each other.
///
/// @param among  one flag per triangle; pairs of two unflagged triangles are not looked at. Empty:
///               all are
std::vector<std::pair<std::uint32_t, std::uint32_t>> crossingTriangles(
    const MultiSurface& surface, const std::vector<std::uint8_t>& among, const Context& ctx);

/// Moves vertices of crossing triangles back towards where marching left them, where none cross.
///
/// @return  triangles that still cross
std::size_t untangle(MultiSurface& surface, const std::vector<Vec3>& marched, const Context& ctx);

}  // namespace maquette
