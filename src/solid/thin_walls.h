#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"

namespace maquette {

/// A place where an object is thin.
struct ThinSpot {
  Vec3 middle;             ///< half way through the wall
  float thickness = 0.f;   ///< in the mesh's units
  float area = 0.f;        ///< of the surface that it stands for
  std::uint32_t face = 0;  ///< on one side
};

/// Looks through the object at about 20,000 places of its surface, spread evenly.
///
/// @param below  only walls thinner than this, whose two sides run nearly parallel, are given
std::vector<ThinSpot> thinSpots(const TriangleTree& tree, float below, const Context& ctx);

/// The thickness that `share` of the spots' area exceeds; 0 without spots.
float thicknessExceededBy(std::vector<ThinSpot> spots, double share);

}  // namespace maquette
