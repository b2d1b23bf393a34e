#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// A black and white lattice in space; x runs fastest. The outermost layer must be outside.
struct SolidGrid {
  int nx = 0, ny = 0, nz = 0;
  std::vector<std::uint8_t> inside;  ///< nx * ny * nz, 0 or 1

  std::size_t index(int x, int y, int z) const {
    return (std::size_t(z) * std::size_t(ny) + std::size_t(y)) * std::size_t(nx) + std::size_t(x);
  }
  /// From a node to the next one along an axis (0 x, 1 y, 2 z).
  std::size_t stride(int axis) const {
    return axis == 0 ? 1 : axis == 1 ? std::size_t(nx) : std::size_t(nx) * std::size_t(ny);
  }
};

/// A node by its place in the lattice.
struct GridNode {
  int x = 0, y = 0, z = 0;
};

/// Fills nodes until no lattice square has its inside nodes at opposite corners only: from then on
/// the surface between inside and outside is a manifold, and pieces are joined over sides alone.
void joinOverCorners(SolidGrid& grid, const Context& ctx);

/// Where on the lattice edge from `inside`, along `axis`, in `direction` (1 or -1) the surface is,
/// as a share of the way.
using SurfaceCrossing = std::function<double(GridNode inside, int axis, int direction)>;

/// The surface dual to a lattice: one vertex per cell and sheet, in the middle of the places where
/// the sheet cuts the cell's edges, and two triangles per lattice edge that is cut (Gibson 1998;
/// Nielson 2004). Closed, manifold and oriented outwards, in lattice units.
///
/// @param grid  after joinOverCorners
Mesh dualSurface(const SolidGrid& grid, const SurfaceCrossing& crossing, const Context& ctx);

}  // namespace maquette
