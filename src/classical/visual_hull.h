#pragma once

#include <string>
#include <vector>

#include "classical/view_alignment.h"
#include "core/geometry/mesh.h"
#include "core/models/parameters.h"

namespace maquette {

/// What several outlines leave of an object.
struct VisualHull {
  Mesh mesh;                       ///< in the common frame: x along columns of the front, y away
                                   ///< from its viewer, z up from 0; pixels. No colours
  std::vector<std::string> notes;  ///< ghosts left out, outlines that contradict each other
};

/// The intersection of the outlines' prisms, its cross-sections rounded.
///
/// In every horizontal section, u and v say how far a place is from the middle of the front and of
/// the side outline (0 there, 1 on the outline; from a soap film over each outline, so that limbs
/// and bodies each have a middle). The solid is u^p + v^p < 1, p = 2 / rounding: from the exact
/// hull (Laurentini 1994) to ellipses, and each outline is kept whatever p is, because every row
/// has a place with u = 0 and one with v = 0.
///
/// @param views  with a lateral outline
/// @throws InvalidInput  the outlines have nothing in common
VisualHull visualHull(const AlignedViews& views, const ShapeParams& params, const Context& ctx);

}  // namespace maquette
