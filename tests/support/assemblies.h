#pragma once

#include <cstdint>
#include <span>
#include <string>
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
  /// How far out a primitive sits on its host: 1 where the two would just touch, 0 where its centre
  /// is on the surface. Drawn from this range, so it is what makes joints narrow or wide.
  float nearest = 0.6f, farthest = 0.85f;
  float blend = 0.f;   ///< mm; fillets where primitives (7 to 13 mm in radius) meet
  float noise = 0.f;   ///< corners move by up to this share of the edges around them
  float uneven = 1.f;  ///< widest over narrowest grid spacing; above 1, one part is also refined
};

/// Spheres, ellipsoids, boxes, cylinders, capsules, tori and cones in random poses, each attached
/// to an earlier one and protruding from it. Depends on the seed alone: draws are repeated until
/// every primitive shows at least 3 % of the area, in one piece. A triangle belongs to the
/// primitive whose surface is nearest to its centre, before noise: in the middle of a fillet that
/// changes.
Assembly makeAssembly(std::uint32_t seed, const AssemblyParams& params = {});

/// The assemblies of the tests: seeds 0, 1, ...; 5k to 100k triangles in turn.
Assembly standardAssembly(std::uint32_t seed);

/// 64 assemblies (and more) of eight kinds in turn, 5k to 600k triangles: plain, narrow joints,
/// wide joints, small and wide fillets, noise, uneven tessellation, something of everything.
Assembly variedAssembly(std::uint32_t seed);

/// The kind of a varied assembly, in words.
std::string traitsOf(std::uint32_t seed);

/// Mean over the true labels of the intersection over union with the predicted label matched to it
/// one to one, so that the mean is highest; by area. Unmatched true labels count 0.
double meanIoU(const Mesh& mesh, std::span<const std::uint32_t> truth,
               std::span<const std::uint32_t> predicted);

}  // namespace maquette::test
