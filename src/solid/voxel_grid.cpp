#include "solid/voxel_grid.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "core/base/error.h"

namespace maquette {
namespace {

constexpr int kMargin = 3;         // nodes outside the box on every side
constexpr double kOffset = 0.413;  // keeps flat sides at round millimetres away from the nodes
constexpr int kMostNodes = 8000;   // along one side: exact row crossings need 30 bits

// A little above what 600k triangles and 16 parts took at 200 to 500 voxels: bytes a grid node, and
// bytes a voxel face of skin (distance band, labels in the making, surface vertices and triangles).
constexpr double kBytesPerNode = 16.;
constexpr double kBytesPerSkinFace = 1500.;

std::string inMm(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g mm", value);
  return text;
}

bool fits(const Bounds& bounds, double area, double voxel, double memory) {
  return estimatedBytes(bounds, area, voxel) <= memory &&
         double(bounds.longest()) / voxel + 2 * kMargin < kMostNodes;
}

}  // namespace

double estimatedBytes(const Bounds& bounds, double areaMm2, double voxelMm) {
  double nodes = 1.;
  for (int a = 0; a < 3; ++a) nodes *= double(bounds.size()[a]) / voxelMm + 2 * kMargin + 1;
  return nodes * kBytesPerNode + areaMm2 / (voxelMm * voxelMm) * kBytesPerSkinFace;
}

VoxelGrid gridAround(const Bounds& bounds, double areaMm2, float voxelMm, double memoryBytes) {
  const double longest = double(bounds.longest());
  if (!(longest > 0.)) throw InvalidInput("The mesh has no extent. Choose another one.");
  double voxel = voxelMm > 0.f ? double(voxelMm) : longest / 200.;
  if (!fits(bounds, areaMm2, voxel, memoryBytes)) {
    double larger = voxel;
    while (!fits(bounds, areaMm2, larger, memoryBytes) && larger < longest) larger *= 1.05;
    if (voxelMm > 0.f)
      throw OutOfMemory("A voxel of " + inMm(voxel) + " needs more memory than is free. Choose " +
                            inMm(larger * 1.1) + " or more.",
                        "estimated " + std::to_string(estimatedBytes(bounds, areaMm2, voxel)) +
                            " bytes, free " + std::to_string(memoryBytes));
    voxel = larger;
  }
  VoxelGrid grid;
  grid.voxel = voxel;
  int* const sides[] = {&grid.nx, &grid.ny, &grid.nz};
  for (int a = 0; a < 3; ++a) {
    *sides[a] = int(std::ceil(double(bounds.size()[a]) / voxel + kOffset)) + 2 * kMargin + 1;
    grid.origin[std::size_t(a)] = double(bounds.min[a]) - (kMargin + kOffset) * voxel;
  }
  return grid;
}

}  // namespace maquette
