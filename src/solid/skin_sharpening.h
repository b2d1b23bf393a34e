#pragma once

#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

/// Gives the skin the original's sharp edges and corners, which marching cuts off.
///
/// Where a side of a skin triangle runs from one flank of an edge to the other, its nearer end
/// moves onto the edge, or the side is divided there. The place is the one nearest to the side's
/// middle that lies in the flanks' planes (after the quadrics of Garland and Heckbert 1997 and the
/// feature vertices of Kobbelt et al. 2001), if the original passes there, so edges where two
/// surfaces cross count as well.
///
/// @param marched   where marching left the vertices; grows with the surface
/// @param original  in grid units
/// @param nearest   the original's triangle at each vertex, kNoFace away from it
void sharpenSkin(MultiSurface& surface, std::vector<Vec3>& marched, const TriangleTree& original,
                 const std::vector<std::uint32_t>& nearest, const Context& ctx);

}  // namespace maquette
