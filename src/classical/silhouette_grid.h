#pragma once

#include <vector>

#include "classical/digital_topology.h"
#include "core/image/image.h"
#include "core/jobs/context.h"
#include "imaging/scalar_image.h"

namespace maquette {

/// A cut-out, looked at once: where its object is and what it is made of.
struct Silhouette {
  const Mask* cutout = nullptr;  ///< not owned
  int left = 0, top = 0;         ///< the object's bounding box, pixels
  int width = 0, height = 0;     ///< of that box
  double area = 0.;              ///< pixels inside
  double inradius = 0.;          ///< of the largest disc that fits, pixels
  PieceCount count;              ///< of the pixels
  int longest() const { return width > height ? width : height; }
};

/// @throws InvalidInput  nothing in the mask is at least half opaque
Silhouette lookAt(const Mask& cutout, const Context& ctx);

/// Widens what is thinner than `width` pixels to that width; tips that merely run out stay, and so
/// do holes, gaps and the number of pieces.
///
/// @return  pixels that changed
double widenThinParts(Mask& cutout, double width, const Context& ctx);

/// The silhouette on a square lattice of its own: > 0 inside, < 0 outside, never 0; the outline
/// runs between. The outermost ring of nodes is outside.
struct SilhouetteGrid {
  int nx = 0, ny = 0;
  double cell = 1.;          ///< pixels between nodes
  double x0 = 0., y0 = 0.;   ///< picture coordinates of node (0, 0); pixel (0,0) covers [0,1)^2
  std::vector<float> value;  ///< nx * ny
  PieceCount count;          ///< of the nodes
  double widened = 0.;       ///< share of the area that changed to keep features finer than a cell

  ScalarImage outline;                  ///< > 0 inside, per pixel: where exactly the outline runs
  int outlineLeft = 0, outlineTop = 0;  ///< of that image, picture coordinates

  std::size_t index(int x, int y) const {
    return std::size_t(y) * std::size_t(nx) + std::size_t(x);
  }
  /// > 0 inside, < 0 outside, at a place in the picture.
  double outlineAt(double x, double y) const;
  /// Where the outline crosses the grid edge from node a to its neighbour b, as a share of the way.
  double crossing(int ax, int ay, int bx, int by) const;
};

/// Resamples the silhouette so that it keeps its pieces and holes.
///
/// Up to one pixel per cell this is exact: nodes take their pixel's side, then only simple points
/// move to the smoothed outline. Larger cells lose what is finer than themselves, so such limbs and
/// gaps are first widened to a cell and a half (Pavlidis 1982: a digitisation is faithful where
/// everything is wider than the diagonal of a cell); compare `count` with the silhouette's.
SilhouetteGrid sampleSilhouette(const Silhouette& silhouette, double cell, const Context& ctx);

}  // namespace maquette
