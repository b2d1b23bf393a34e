#pragma once

#include "classical/dual_surface.h"

namespace maquette {

/// Removes pieces that no outline needs: two arms seen from the front and two from the side allow
/// four, and a pair of them is enough. Smallest first, and only whole pieces without which the
/// outlines seen along y and along x stay what they are.
///
/// @param grid  after joinOverCorners: pieces are joined over sides
/// @return      how many pieces went
int removeGhosts(SolidGrid& grid, const Context& ctx);

}  // namespace maquette
