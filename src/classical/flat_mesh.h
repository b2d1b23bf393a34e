#pragma once

#include <span>
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
  /// Empty, or one per point: 0 elsewhere, 1 and 2 where the outline runs along a level end; those
  /// with 2 are not pinned to the rim (`onRim` is 0): there both sheets end at their own depth.
  std::vector<std::uint8_t> onLevelEnd;
  std::vector<Triangle> triangles;  ///< clockwise in picture coordinates' sense of y downwards,
                                    ///< so counter-clockwise for a viewer of the picture

  bool endsLevel(std::uint32_t p) const { return !onLevelEnd.empty() && onLevelEnd[p] != 0; }
  /// On the outline, pinned or not.
  bool onBoundary(std::uint32_t p) const { return onRim[p] != 0 || endsLevel(p); }
};

/// Whole cells become two triangles, cells on the outline are cut by marching squares (insides
/// joined over corners); the outline's vertices stay a little away from the nodes.
FlatMesh fillSilhouette(const SilhouetteGrid& grid, const Context& ctx);

/// Lets the sheet end where its outline runs along one of these lines, but for the ends of each
/// run.
///
/// @param levels, reach  y of each line, and how far from it a vertex may be, pixels; it is moved
///                       onto the line
void freeLevelEnds(FlatMesh& flat, std::span<const double> levels, double reach);

}  // namespace maquette
