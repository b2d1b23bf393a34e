#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

// Points on a grid of cells: what Sonata computes with. Whole numbers only, on the processor.
//
// Source: part-segmentation specification 1.6.2, 2.7, 2.9; part-generation specification 3.4.

namespace maquette::neural {

/// A cell of the grid; 0 <= x, y, z < 2^16.
struct Cell {
  std::int32_t x = 0, y = 0, z = 0;

  friend bool operator==(const Cell&, const Cell&) = default;
};

/// The cells that points fall into, and which point stands for each.
struct Voxels {
  std::vector<std::uint64_t> keys;    ///< M, ascending: the order of the voxels
  std::vector<Cell> cells;            ///< M
  std::vector<std::int32_t> inverse;  ///< N, the voxel of each point
  std::vector<std::int32_t> counts;   ///< M, points in each
  std::vector<std::int32_t> members;  ///< N, points by voxel, in the order of their numbers
  std::vector<std::int64_t> starts;   ///< M + 1, where each voxel's begin

  std::int32_t most() const;  ///< points in the fullest voxel

  /// Number `draw` modulo its count of each voxel's points. @param draws  M numbers >= 0
  std::vector<std::int64_t> pick(std::span<const std::int64_t> draws) const;
};

/// @param places  3 N numbers x y z, all finite, within 65,000 cells of each other
/// @param cell    size of a cell, in the same unit
/// @throws InvalidInput  no points, or they spread further
Voxels voxelsOf(std::span<const double> places, double cell);

/// The next coarser grid: cells in lexicographic order, and which of them each finer cell is in.
struct Coarser {
  std::vector<Cell> cells;
  std::vector<std::int32_t> cluster;  ///< one for each finer cell
};

Coarser halved(std::span<const Cell> cells);

/// Which cells of a 3 x 3 x 3 neighbourhood are there. Offset k = 9a + 3b + c is the neighbour at
/// (a-1, b-1, c-1); those from 14 on are those from 12 down, seen from the other side.
struct NeighbourMap {
  struct Pairs {
    std::vector<std::int32_t> cells, neighbours;  ///< rows; cells ascend
  };
  std::array<Pairs, 13> below;  ///< offsets 0 to 12
};

/// @param cells  no two equal
NeighbourMap neighboursOf(std::span<const Cell> cells);

}  // namespace maquette::neural
