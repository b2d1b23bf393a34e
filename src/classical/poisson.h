#pragma once

#include <vector>

#include "classical/flat_mesh.h"

namespace maquette {

/// Solves lap u - k^2 u = -2 on the sheet with u = 0 on its rim (linear finite elements, lumped
/// mass, preconditioned conjugate gradients). A strip of half-width a gets a^2 - x^2 at k = 0.
/// Elsewhere on its boundary u meets it at a right angle.
///
/// @param k      1 / pixels; wide areas level out at 2 / k^2
/// @param guess  one per point, or empty: where to start
/// @param given  one per point, or empty: what u is there, or -1 where it is to be found
/// @return       one per point, > 0 off the rim, 0 on it; pixels squared
std::vector<double> solveSheet(const FlatMesh& sheet, double k, std::vector<double> guess,
                               const std::vector<double>& given, const Context& ctx);

}  // namespace maquette
