#pragma once

#include <vector>

#include "classical/sheet_refinement.h"
#include "core/geometry/mesh.h"

namespace maquette {

/// A sheet and its mirror image, glued at the rim and closed where they end level.
struct SheetSolid {
  Mesh mesh;                            ///< pixels: x as in the picture, -y towards the viewer, z
                                        ///< up from the lowest point; no colours
  std::vector<std::uint32_t> backTwin;  ///< one per point of the sheet: its vertex at the back;
                                        ///< on the rim the same as the front's, which is the point
};

/// @param relief  one per point, pixels: how much farther the front stands out there; or empty
SheetSolid solidOf(const SwollenSheet& sheet, const std::vector<double>& relief);

}  // namespace maquette
