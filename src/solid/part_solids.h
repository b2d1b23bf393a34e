#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"
#include "solid/shell.h"
#include "solid/voxel_grid.h"

namespace maquette {

/// How makePartSolids works.
struct PartSolidParams {
  float voxelMm = 0.f;       ///< 0 picks 1/200 of the longest side, less to keep thin walls
  float smoothing = 1.f;     ///< of the cuts; 0 none
  double memoryBytes = 4e9;  ///< what the work may take
};

/// What was wrong with a mesh, and how its inside was found.
struct Repairs {
  Sign sign = Sign::counted;
  std::size_t holes = 0;       ///< loops of open edges
  std::size_t cracks = 0;      ///< vertices that did not quite meet another one
  Turned turned;               ///< what was inside out
  std::size_t duplicates = 0;  ///< triangles that lay on others
  std::size_t inner = 0;       ///< triangles of walls and flaps inside
  bool overlaps = false;       ///< pieces ran through each other and were united
};

/// Walls of a part that were too thin for the voxel.
struct LostWalls {
  std::size_t part = 0;
  double thicknessMm = 0.;  ///< the middle one
  double keptByMm = 0.;     ///< a voxel that would keep nearly all
};

/// Closed solids that touch along shared triangles, and the closed shape that they add up to.
struct PartSolids {
  std::vector<Mesh> parts;  ///< one per part; without triangles where a part vanished
  Mesh whole;               ///< the skin alone
  double voxelMm = 0.;      ///< that was used
  Repairs repairs;
  std::vector<LostWalls> lost;   ///< by part
  std::vector<double> keptByMm;  ///< one per part: a voxel that is likely to keep one that vanished
};

/// Cuts a shape into solids along the labels of its skin.
///
/// @param mesh       passes requireUsable; may be open, cross itself, or be inside out
/// @param facePart   F part indices, each < parts
/// @return           every part a closed manifold without overlap or gap; vertex colours carried
///                   over from the mesh where it has them
/// @throws InvalidInput  no volume, or everything is thinner than a voxel
/// @throws OutOfMemory   the message names a voxel size that fits
PartSolids makePartSolids(const Mesh& mesh, std::span<const Material> facePart, std::size_t parts,
                          const PartSolidParams& params, const Context& ctx);

}  // namespace maquette
