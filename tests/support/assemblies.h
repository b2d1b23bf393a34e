#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"

namespace maquette::test {

/// A solid made of primitives that overlap, and which primitive each triangle shows.
struct Assembly {
  Mesh mesh;                          ///< closed; from a grid, so creases are bevelled by a cell
  std::vector<std::uint32_t> labels;  ///< F, [0, primitives)
  std::uint32_t primitives = 0;
};

struct AssemblyParams {
  int primitives = 0;  ///< 2 to 8; 0 takes 2 + seed % 7
  int cells = 48;      ///< grid cells along the longest side
};

/// Spheres, ellipsoids, boxes, cylinders, capsules, tori and cones in random poses, each attached
/// to an earlier one and protruding from it. Depends on the seed alone: draws are repeated until
/// every primitive shows at least 3 % of the area, in one piece.
Assembly makeAssembly(std::uint32_t seed, AssemblyParams params = {});

/// The assemblies of the tests: seeds 0, 1, ...; 5k to 100k triangles in turn.
Assembly standardAssembly(std::uint32_t seed);

/// Mean over the true labels of the intersection over union with the predicted label matched to it
/// one to one, so that the mean is highest; by area. Unmatched true labels count 0.
double meanIoU(const Mesh& mesh, std::span<const std::uint32_t> truth,
               std::span<const std::uint32_t> predicted);

}  // namespace maquette::test
