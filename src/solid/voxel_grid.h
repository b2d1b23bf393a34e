#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/geometry/bounds.h"
#include "core/geometry/vec.h"

namespace maquette {

/// What a grid node is made of: a part's index, or one of the two below.
using Material = std::uint16_t;
constexpr Material kOutside = 0xffff;
constexpr Material kUndecided = 0xfffe;  ///< inside, not yet given to a part

/// A regular grid of nodes around an object. Work happens in grid units (voxels), where node
/// (i, j, k) is the point (i, j, k); millimetres come back at the very end.
struct VoxelGrid {
  std::array<double, 3> origin{};  ///< mm, of node (0, 0, 0)
  double voxel = 1.;               ///< mm
  int nx = 0, ny = 0, nz = 0;      ///< nodes; x runs fastest

  std::size_t nodes() const { return std::size_t(nx) * std::size_t(ny) * std::size_t(nz); }
  std::size_t index(int i, int j, int k) const {
    return (std::size_t(k) * std::size_t(ny) + std::size_t(j)) * std::size_t(nx) + std::size_t(i);
  }
  Vec3 point(std::size_t node) const {
    const std::size_t row = node / std::size_t(nx);
    return {float(node % std::size_t(nx)), float(row % std::size_t(ny)),
            float(row / std::size_t(ny))};
  }
  Vec3 toGrid(Vec3 mm) const {
    Vec3 p;
    for (int a = 0; a < 3; ++a) p[a] = float((double(mm[a]) - origin[std::size_t(a)]) / voxel);
    return p;
  }
  Vec3 toMm(Vec3 p) const {
    Vec3 mm;
    for (int a = 0; a < 3; ++a) mm[a] = float(origin[std::size_t(a)] + double(p[a]) * voxel);
    return mm;
  }
};

/// The grid around a box, with room for the outside on every side.
///
/// @param voxelMm      edge of a voxel; 0 picks 1/200 of the longest side, coarser if memory is
/// short
/// @param areaMm2      of the surface, to estimate what its neighbourhood will take
/// @param memoryBytes  what the work may take
/// @throws OutOfMemory  the grid does not fit; the message names a voxel size that does
VoxelGrid gridAround(const Bounds& bounds, double areaMm2, float voxelMm, double memoryBytes);

/// What the whole work on such a grid is expected to take, in bytes.
double estimatedBytes(const Bounds& bounds, double areaMm2, double voxelMm);

}  // namespace maquette
