#pragma once

#include <vector>

#include "classical/flat_mesh.h"

namespace maquette {

/// Solves lap u - k^2 u = -2 on the sheet with u = 0 on its rim (linear finite elements, lumped
/// mass, preconditioned conjugate gradients). A strip of half-width a gets a^2 - x^2 at k = 0.
///
/// @param k      1 / pixels; wide areas level out at 2 / k^2
/// @param guess  one per point, or empty: where to start
/// @return       one per point, > 0 off the rim, 0 on it; pixels squared
std::vector<double> solveSheet(const FlatMesh& sheet, double k, std::vector<double> guess,
                               const Context& ctx);

}  // namespace maquette
