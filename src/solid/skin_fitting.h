#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

/// Mends the skin where its vertices lie well but its triangles do not: sides that bridge a notch,
/// triangles folded over an edge, corners that no vertex has reached.
///
/// Descends the distance between skin and original, in place and in direction, by exchanging the
/// diagonal of two triangles, moving a vertex (also onto an edge or a corner of the original: the
/// point of the planes met around it), joining two vertices, or dividing a side (after the mesh
/// optimisation of Hoppe et al. 1993). No step makes triangles cross, so a skin that does not cross
/// itself stays so; seams stay where they are.
///
/// @param seeds     one flag per vertex: work begins at these and their neighbours
/// @param wanted    one place per vertex that it might take
/// @param original  in grid units
void fitSkin(MultiSurface& surface, const std::vector<std::uint8_t>& seeds,
             const std::vector<Vec3>& wanted, const TriangleTree& original, const Context& ctx);

}  // namespace maquette
