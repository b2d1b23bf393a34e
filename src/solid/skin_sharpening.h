#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

/// Gives the skin the original's sharp edges, which marching cuts off. What that leaves amiss,
/// above all at corners, fitSkin mends.
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
/// @return          one flag per vertex: 1 on and beside edges
std::vector<std::uint8_t> sharpenSkin(MultiSurface& surface, std::vector<Vec3>& marched,
                                      const TriangleTree& original,
                                      const std::vector<std::uint32_t>& nearest,
                                      const Context& ctx);

}  // namespace maquette
