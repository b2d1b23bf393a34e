#pragma once

#include <vector>

#include "classical/flat_mesh.h"

namespace maquette {

/// A sheet and how far it is swollen: depth = scale * sqrt(swell).
struct SwollenSheet {
  FlatMesh flat;
  std::vector<double> swell;  ///< one per point; 0 on the rim, > 0 elsewhere; pixels squared
  double scale = 1.;

  double depth(std::uint32_t point) const;
};

/// Halves edges, longest in space first, until none is longer than `longest`: the steep rim becomes
/// as finely meshed as the rest. `swell` is linear along an edge, so that the depth follows its
/// root. Edges on the rim stay as they are, those on a level end do not.
///
/// @param most  stop beyond this many triangles
void refineSheet(SwollenSheet& sheet, double longest, std::size_t most, const Context& ctx);

}  // namespace maquette
