#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"
#include "solid/voxel_grid.h"

namespace maquette {

/// How makePartSolids works.
struct PartSolidParams {
  float voxelMm = 0.f;       ///< 0 picks 1/200 of the longest side
  float smoothing = 1.f;     ///< of the cuts; 0 none
  double memoryBytes = 4e9;  ///< what the work may take
};

/// Closed solids that touch along shared triangles, and the closed shape that they add up to.
struct PartSolids {
  std::vector<Mesh> parts;     ///< one per part; without triangles where a part vanished
  Mesh whole;                  ///< the skin alone
  double voxelMm = 0.;         ///< that was used
  bool wasOpen = false;        ///< holes were closed
  std::size_t turned = 0;      ///< pieces that were inside out
  std::size_t duplicates = 0;  ///< triangles that lay on others
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
