#pragma once

#include <vector>

#include "classical/silhouette_grid.h"
#include "core/geometry/mesh.h"

namespace maquette {

/// A place in the plane of the picture, in pixels; y grows downwards.
struct PlanePoint {
  double x = 0., y = 0.;
};

/// The inside of a silhouette as triangles in the plane.
///
/// A sheet with a rim: every rim vertex has exactly two rim neighbours, and no other edge joins two
/// rim vertices, so two copies glued at the rim are a closed manifold.
struct FlatMesh {
  std::vector<PlanePoint> points;
  std::vector<std::uint8_t> onRim;  ///< one per point
  std::vector<Triangle> triangles;  ///< clockwise in picture coordinates' sense of y downwards,
                                    ///< so counter-clockwise for a viewer of the picture
};

/// Whole cells become two triangles, cells on the outline are cut by marching squares (insides
/// joined over corners); the outline's vertices stay a little away from the nodes.
FlatMesh fillSilhouette(const SilhouetteGrid& grid, const Context& ctx);

}  // namespace maquette
