#pragma once

#include <cstddef>

#include "core/geometry/disjoint_sets.h"
#include "core/geometry/topology.h"
#include "core/jobs/context.h"

namespace maquette {

/// Whether a triangle passes an edge of its own from `a` to `b`.
bool runsForward(const Triangle& triangle, const Edge& edge);

/// Whether as many triangles pass the edge one way as the other: nothing is open there.
bool balanced(const Mesh& mesh, const EdgeTable& edges, const Edge& edge);

/// Triangles that make one sheet: joined across edges of two triangles, but not where that is only
/// because a third one is missing beside a non-manifold edge.
DisjointSets sheetSets(const Mesh& mesh, const EdgeTable& edges);

/// What faced the wrong way.
struct Turned {
  std::size_t pieces = 0;     ///< as a whole
  std::size_t triangles = 0;  ///< against the rest of their piece
};

/// Makes the triangles of a piece agree with each other and the pieces face outwards, but for the
/// walls of cavities, which face inwards.
///
/// Closed pieces, and those that are nearly so, are judged by their volume; sheets by the side that
/// more can be seen of from outside (after Takayama et al. 2014); very many sheets all alike, by
/// what they enclose together.
Turned faceOutwards(Mesh& mesh, const EdgeTable& edges, const Context& ctx);

}  // namespace maquette
