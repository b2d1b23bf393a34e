#pragma once

#include <vector>

#include "surface/surface_graph.h"

namespace maquette {

/// How much each link looks like a seam between parts, [0, 1]: 0 flat or convex and of one colour,
/// 1 a sharp inner corner.
///
/// A seam between parts is concave (the minima rule of Hoffman and Richards, Cognition 1984). What
/// counts is the bend of a strip about a hundredth of the object wide, not of a single edge: signed
/// bends are spread over the surface first, so that noise and slivers cancel and a fillet counts
/// like the corner it rounds. Where the mesh has colours, a clear change of colour counts a little.
///
/// @return one per SurfaceGraph::links, equal in both directions
/// @throws Cancelled
std::vector<float> creasesOf(const SurfaceGraph& graph, const Context& ctx);

}  // namespace maquette
