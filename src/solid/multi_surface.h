#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/geometry/vec.h"
#include "core/jobs/context.h"
#include "solid/voxel_grid.h"

namespace maquette {

/// A vertex of the surface between materials, and the materials that meet there.
struct SurfaceVertex {
  Vec3 position;  ///< grid units
  /// The two to four materials around the grid edge, face or tetrahedron that it stands for,
  /// ascending; the rest is kNoMaterial. Two: inside a sheet, three: on a seam, four: a corner.
  std::array<Material, 4> materials{};
  static constexpr Material kNoMaterial = 0xfffd;
  int rank() const { return materials[2] == kNoMaterial ? 2 : materials[3] == kNoMaterial ? 3 : 4; }
  /// kOutside is the largest material, so it comes last.
  bool onSkin() const { return materials[std::size_t(rank() - 1)] == kOutside; }
};

/// A piece of the sheet between two materials; its normal points from `low` into `high`.
struct SurfaceTriangle {
  std::array<std::uint32_t, 3> vertices{};
  Material low = 0;
  Material high = 0;  ///< larger than low; kOutside on the skin
};

/// All sheets between all materials over one set of vertices.
struct MultiSurface {
  std::vector<SurfaceVertex> vertices;
  std::vector<SurfaceTriangle> triangles;
};

/// Where along a grid edge the material changes: 0 at `a`, 1 at `b`.
using Crossing01 = std::function<float(std::size_t a, std::size_t b)>;

/// Marching tetrahedra for any number of materials.
///
/// Each grid cell is split into six tetrahedra around its diagonal (Kuhn 1960), and the sheets are
/// dual to the tetrahedra: a vertex on each edge whose ends differ, in each face with three
/// materials and in each tetrahedron with four (Nielson and Franke 1997). The boundary of each
/// material is then a closed manifold whatever the materials are, and neighbours share triangles.
///
/// @param material  one per node; the rim of the grid must be kOutside
MultiSurface multiSurface(const std::vector<Material>& material, const VoxelGrid& grid,
                          const Crossing01& crossing, const Context& ctx);

}  // namespace maquette
