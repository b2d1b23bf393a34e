#pragma once

#include <string>
#include <vector>

#include "classical/silhouette_grid.h"
#include "core/models/parameters.h"

namespace maquette {

/// What one outline is going to be, decided once; lengths in pixels of its mask.
struct BodyPlan {
  bool flat = false;           ///< a plate rather than a swollen body
  double halfThickness = 0.;   ///< of the plate
  double edge = 1.;            ///< over how far from the rim the plate's edge is rounded
  double leastHalf = 0.;       ///< depth that nothing stays below, but for the rim's rounding
  double stiffness = 0.;       ///< 1 / pixels: how strongly wide areas are held down
  double scale = 1.;           ///< of the depth of swollen bodies
  std::vector<double> levels;  ///< y of the lines where it ends in a level face: bed, straight top
  std::vector<std::string> notes;
};

/// Decides, and prepares the mask: what is too thin to print is widened, what stands gets level
/// soles.
///
/// A plate, if not told: strokes of even width (lettering, keys, rings). Standing: the outline ends
/// in a level line below its centre of mass, or in feet on both sides of it.
///
/// @param mask  changed in place; holes and pieces stay what they are
BodyPlan planBody(Mask& mask, const ShapeParams& params, const Context& ctx);

}  // namespace maquette
