#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

constexpr std::uint32_t kNoFace = 0xffffffffu;

/// Draws the skin onto the original surface, and smooths seams and cuts.
///
/// Vertices move, triangles stay: both sides of a cut move together. A move that would turn a
/// triangle over or flatten it is taken back.
///
/// @param original   in grid units
/// @param skinReach  voxels; skin vertices farther from the original stay (those that close a hole)
/// @param smoothing  0 none, 1 as usual
/// @return  the original's triangle at each vertex, kNoFace inside and where there is none
std::vector<std::uint32_t> smoothSurface(MultiSurface& surface, const TriangleTree& original,
                                         float skinReach, float smoothing, const Context& ctx);

}  // namespace maquette
