#pragma once

#include "core/geometry/mesh.h"

namespace maquette {

double areaOf(const Mesh& mesh);  ///< mm^2

/// Signed volume in mm^3 by the divergence theorem; means something for a closed mesh only.
double volumeOf(const Mesh& mesh);

}  // namespace maquette
