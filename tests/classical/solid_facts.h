#pragma once

#include <vector>

#include "classical/solid_shapes.h"
#include "core/models/interfaces.h"

namespace maquette::test {

/// Grid samples of who is where, on a grid of another step than any voxel grid: all exact.
struct Overlap {
  double worstPair = 0.;  ///< the largest shared volume, against the smaller of the two
  double uncovered = 0.;  ///< of the whole in no part, against the whole
};
Overlap overlapOf(const CompleteResult& result, int samplesAlong);

/// Largest distance from vertices and triangle centres of `from` to the surface of `to`, mm.
float farthest(const Mesh& from, const Mesh& to);

/// How far a skin is from its original and the original from it, in mm, at points spread evenly.
struct SkinDistance {
  double meanOut = 0., meanIn = 0.;  ///< result to original, original to result
  double edgeOut = 0., edgeIn = 0.;  ///< largest from sharp edge to sharp edge, the same two ways
  double corner = 0.;                ///< largest from a corner, where three edges end, to an edge
};
/// Sharp are edges that turn by 60 degrees or more between triangles higher than a tenth of a
/// voxel; they are looked for among those that turn by 25 degrees.
SkinDistance skinDistance(const Mesh& original, const Mesh& whole, double voxelMm);

/// Sides of triangles that pass through other triangles, and neighbours folded onto each other.
std::size_t crossingsIn(const Mesh& mesh);

/// Vertices of the whole where two or more parts meet.
std::vector<Vec3> seamPoints(const CompleteResult& result);

/// The seam against the label boundary of the original, both ways, mm.
struct SeamError {
  float fromSeam = 0.f, fromBoundary = 0.f;
};
SeamError seamError(const LabelledShape& shape, const CompleteResult& result);

/// Mean angle in degrees between neighbouring triangles of the cuts.
struct CutAngles {
  double mean = 0.;          ///< every edge counts the same
  double meanByLength = 0.;  ///< long edges count more
};
CutAngles cutAngles(const CompleteResult& result);

}  // namespace maquette::test
