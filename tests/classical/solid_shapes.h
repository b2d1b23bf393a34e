#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/segmentation/segmentation.h"

namespace maquette::test {

/// A labelled shape that is cut into solids.
struct LabelledShape {
  std::string name;
  MeshPtr mesh;
  Segmentation segmentation;
  float voxelMm = 1.f;
  double volume = 0.;   ///< of the closed whole, mm^3; 0 where there is no formula
  std::string note;     ///< a word that the notes must contain
  bool walls = false;   ///< has surface inside, which disappears
  bool capped = false;  ///< has holes, whose patches are not near the original
  bool crisp = false;   ///< has sharp edges and corners, which must be kept
  bool pieces = false;  ///< labels do not meet along edges, or along jagged ones
};

/// Labels each triangle by its centre; part ids are 1 + the answer.
LabelledShape labelled(std::string name, Mesh mesh, float voxelMm,
                       const std::function<int(Vec3)>& partAt);

/// The shapes that every completer must cut properly, clean and dirty.
std::vector<LabelledShape> completerShapes();

/// Turned anyhow, evenly among all rotations, and the same for the same seed everywhere.
Mesh turnedBySeed(Mesh mesh, unsigned seed);

/// One of completerShapes, turned.
LabelledShape turnedShape(const std::string& name, unsigned seed);

/// A closed capsule along +Z, centred; `height` between the centres of its ends.
Mesh makeCapsule(float radius, float height, int levels);

/// A wall through a box, joined to its sides along non-manifold edges.
Mesh makeBoxWithWall(Vec3 size, int n);

}  // namespace maquette::test
