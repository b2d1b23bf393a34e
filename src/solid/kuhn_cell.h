#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "solid/voxel_grid.h"

/// Kuhn's subdivision of a grid cell into six tetrahedra around its diagonal, and where the sheets
/// dual to it have their vertices.
///
/// Every simplex is written as its lowest node and steps from there; a step is a set of axes (bit 0
/// x, bit 1 y, bit 2 z). A node owns 7 edges, 12 faces and 6 tetrahedra: 25 slots, of which a mask
/// keeps those that hold a vertex.
namespace maquette::kuhn {

constexpr int kEdges = 7, kFaces = 12, kTets = 6;

struct FaceSteps {
  int first, second;
};
constexpr std::array<FaceSteps, kFaces> kFaceSteps{{{1, 2},
                                                    {1, 4},
                                                    {1, 6},
                                                    {2, 1},
                                                    {2, 4},
                                                    {2, 5},
                                                    {4, 1},
                                                    {4, 2},
                                                    {4, 3},
                                                    {3, 4},
                                                    {5, 2},
                                                    {6, 1}}};
/// Corners of the six tetrahedra as steps from the node, ascending.
constexpr std::array<std::array<int, 4>, kTets> kTetCorners{
    {{0, 1, 3, 7}, {0, 1, 5, 7}, {0, 2, 3, 7}, {0, 2, 6, 7}, {0, 4, 5, 7}, {0, 4, 6, 7}}};

constexpr int edgeSlot(int step) { return step - 1; }
constexpr int faceSlot(int first, int second) {
  for (int f = 0; f < kFaces; ++f)
    if (kFaceSteps[std::size_t(f)].first == first && kFaceSteps[std::size_t(f)].second == second)
      return kEdges + f;
  return -1;
}
constexpr int tetSlot(int tet) { return kEdges + kFaces + tet; }

/// Of the eight nodes of a cell, by step from the lowest.
using Materials = std::array<Material, 8>;

/// The slots of a node that hold a vertex: edges whose ends differ, faces with three materials,
/// tetrahedra with four.
std::uint32_t slotMask(const Materials& m);

/// Corners of a tetrahedron (0 to 3) grouped by material, in order of their first corner.
struct Groups {
  std::array<std::array<int, 4>, 4> corners{};
  std::array<int, 4> size{};
  int count = 0;

  Groups(const Materials& m, int tet);
  int at(int group, int n) const { return corners[std::size_t(group)][std::size_t(n)]; }
};

/// Where a dual vertex stands in the undistorted tetrahedron, in twelfths of a step: orientation is
/// decided there in integers, whatever the crossings are.
std::array<int, 3> idealMean(std::initializer_list<int> corners);

}  // namespace maquette::kuhn
